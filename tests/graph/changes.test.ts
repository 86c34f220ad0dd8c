import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { statement } from "#db/statement.ts";
import { newId } from "#lib/uuid.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { fleetOf, insertFleet } from "./rows.ts";

const fleet = fleetOf(1);
const vm = fleet.id("vm");
const operationId = newId();

let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 3);
  const write = (actor: string, text: string) =>
    product.databases.vms.write({ tenantId: fleet.tenantId, actor, requestId: "request-1", operationId }, (tx) =>
      tx.execute(statement(() => sql.raw(text))),
    );
  const user = `user:${fleet.id("user")}`;
  await write(user, `update vms set description = 'one', storage_config = '{"key": "secret"}' where id = '${vm}'`);
  await write("job:test", `update vms set description = 'two', tags = '{"env": "prod"}' where id = '${vm}'`);
});
afterAll(() => product.stop());

const fields = "kind actor user { id username } requestId operationId version fields { name from to isWithheld }";

it("the changes of an object are listed newest first, page by page, with who made them and from what to what", async () => {
  const page = (after: string) =>
    product.ask(
      `{ vm(id: "${vm}") { version changes(first: 2${after}) { totalCount nodes { ${fields} } pageInfo { hasNextPage endCursor } } } }`,
    );
  const { data, errors } = await page("");
  expect(errors).toEqual([]);
  const { version, changes } = data.vm;
  const by = { requestId: "request-1", operationId, version };
  expect(changes.totalCount).toBe(3);
  expect(changes.nodes).toEqual([
    {
      ...by,
      kind: "UPDATED",
      actor: "job:test",
      user: null,
      fields: [
        { name: "description", from: "one", to: "two", isWithheld: false },
        { name: "tags", from: expect.any(Object), to: { env: "prod" }, isWithheld: false },
      ],
    },
    {
      ...by,
      kind: "UPDATED",
      actor: `user:${fleet.id("user")}`,
      user: { id: fleet.id("user"), username: expect.any(String) },
      fields: [
        { name: "description", from: null, to: "one", isWithheld: false },
        { name: "storageConfig", from: null, to: null, isWithheld: true },
      ],
    },
  ]);
  const rest = await page(`, after: "${changes.pageInfo.endCursor}"`);
  expect(rest.data.vm.changes).toMatchObject({
    nodes: [{ kind: "CREATED", actor: null, user: null, requestId: null, fields: [] }],
    pageInfo: { hasNextPage: false },
  });
});

it("what belongs to no tenant has its changes too", async () => {
  const node = fleet.id("clusterNode");
  await asOwner(
    product.urls.url("scheduler"),
    (owner) => owner`update nodes set region = 'elsewhere', last_heartbeat = now() where id = ${node}`,
  );
  const { data, errors } = await product.ask(
    `{ clusterNode(id: "${node}") { changes(first: 1) { nodes { kind fields { name to } } } } }`,
  );
  expect(errors).toEqual([]);
  expect(data.clusterNode.changes.nodes).toEqual([{ kind: "UPDATED", fields: [{ name: "region", to: "elsewhere" }] }]);
});

it("the changes of a public template are shown to its own tenant alone", async () => {
  const template = fleet.id("vmTemplate");
  const other = newId();
  await asOwner(product.urls.url("vms"), async (owner) => {
    await owner`update vm_templates set is_public = true where id = ${template}`;
    const [{ id }] = (await owner`
      insert into vm_templates (id, name, version, owner_id, tenant_id, base_image, resource_config, is_public)
      values (${other}, 'theirs', '1', ${newId()}, ${fleetOf(2).tenantId}, 'x', '{"cpuMillicores": 1, "memoryMb": 1}', true) returning id`) as unknown as [
      { id: string },
    ];
    expect(id).toBe(other);
  });
  const { data, errors } = await product.ask(
    `{ own: vmTemplate(id: "${template}") { changes { totalCount } } other: vmTemplate(id: "${other}") { name changes { totalCount } } }`,
  );
  expect(errors).toEqual([]);
  expect(data.own.changes.totalCount).toBeGreaterThan(0);
  expect(data.other).toEqual({ name: "theirs", changes: { totalCount: 0 } });
});

it("the changes of a built-in role are shown to every tenant, and those of a tenant's own role to it alone", async () => {
  const builtIn = "00000000-0000-7000-8000-000000000104";
  const [own, other] = [newId(), newId()];
  await asOwner(product.urls.url("auth"), async (owner) => {
    await owner`update roles set description = 'changed' where id = ${builtIn}`;
    await owner`insert into tenants (id, name) values (${fleetOf(2).tenantId}, 'other') on conflict do nothing`;
    for (const [id, tenantId] of [
      [own, fleet.tenantId],
      [other, fleetOf(2).tenantId],
    ] as const)
      await owner`insert into roles (id, tenant_id, name) values (${id}, ${tenantId}, ${id})`;
  });
  const role = (id: string) =>
    product.ask(`{ role(id: "${id}") { changes(first: 1) { nodes { kind fields { name to } } } } }`);
  expect((await role(builtIn)).data.role.changes.nodes).toEqual([
    { kind: "UPDATED", fields: [{ name: "description", to: "changed" }] },
  ]);
  expect((await role(own)).data.role.changes.nodes).toEqual([{ kind: "CREATED", fields: [] }]);
  expect((await role(other)).errors[0]?.extensions.code).toBe("NOT_FOUND");
});
