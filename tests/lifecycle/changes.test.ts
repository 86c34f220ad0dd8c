import { expect, it } from "vitest";
import { asOwner } from "#tests/harness/server.ts";
import { lifecycleFixture, newName, small } from "./fixture.ts";

const fixture = lifecycleFixture({ nodes: 1 });

it("what an operation writes in another domain shows the operation and its actor in the change history", async () => {
  const { vm, operation } = await fixture.mutate("createVm", { name: newName(), resources: small });
  expect((await fixture.ended(operation?.id)).state).toBe("DONE");
  const changes = await asOwner(
    fixture.product.urls.url("scheduler"),
    (sql) => sql`
      select kind, entity_changes.operation_id as operation, actor from entity_changes join resource_allocations on resource_allocations.id = entity_key
      where entity_type = 'ResourceAllocation' and vm_id = ${vm?.id ?? null} order by changed_at`,
  );
  const by = { operation: operation?.id, actor: expect.stringMatching(/^user:/) };
  expect([...changes]).toEqual([
    { kind: "CREATED", ...by },
    { kind: "UPDATED", ...by },
  ]);
});
