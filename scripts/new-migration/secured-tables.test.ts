import { expect, it } from "vitest";
import { withRights } from "./secured-tables.ts";

it("a migration forces the row-level security of a new table, and lets the service read and write its rows", () => {
  const created = 'CREATE TABLE "vm_notes" (\n\t"id" uuid\n);\n--> statement-breakpoint\n';
  const enabled = 'ALTER TABLE "vm_notes" ENABLE ROW LEVEL SECURITY;';
  expect(withRights(created + enabled, "vms")).toBe(`${created}${enabled}
--> statement-breakpoint
ALTER TABLE "vm_notes" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "vm_notes" TO "novacron_vms";
`);
});

it("a migration that creates no table stays as it is", () => {
  const added = 'ALTER TABLE "vms" ADD COLUMN "rack" text;';
  expect(withRights(added, "vms")).toBe(added);
});
