import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import { migrationsFolder } from "#db/migration-files.ts";

/** Returns the statements of a domain's migration that create the event log, with the domain's roles replaced by a common name. */
function logStatements(domain: Domain): string[] {
  const file = readdirSync(migrationsFolder(domain)).find((name) => name.endsWith("_secure_event_log.sql")) ?? "";
  const statements = readFileSync(join(migrationsFolder(domain), file), "utf8")
    .replaceAll(`novacron_${domain}`, "novacron_domain")
    .split("--> statement-breakpoint")
    .map((statement) => statement.trim());
  return statements.filter((statement) => !/"projected_vms"|ON "vms"/.test(statement));
}

it("the same statements create the event log in all five databases", () => {
  const [first, ...others] = domains.map(logStatements);
  expect(first?.length).toBeGreaterThan(10);
  for (const other of others) expect(other).toEqual(first);
});
