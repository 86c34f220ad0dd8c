import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, type TestUser } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { accountsOf } from "./accounts.ts";
import { inQuota, inTenant, newName, tenantsOf } from "./tenant-changes.ts";
import { tenantInputsSuite } from "./tenant-inputs-suite.ts";

const other = fleetOf(2);
let product: TestProduct;
/** Tokens of users of the platform. */
let administrator: string;
let operator: string;
beforeAll(async () => {
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 2, 1);
  administrator = await tokenOf(await newUser("admin"));
  operator = await tokenOf(await newUser("operator"));
});
afterAll(() => product.stop());
beforeEach(() => product.signInLimits.forgetAddress("127.0.0.1"));

const { newUser, signIn, tokenOf } = accountsOf(() => product, platformTenantId);
const { change, newTenant, read, written } = tenantsOf(
  () => product,
  () => operator,
);
const statusOf = async (token: string) => (await product.ask("{ me { id } }", {}, token)).status;
/** Returns the result of a sign-in. */
const attempt = async ({ email, password }: TestUser, tenantId?: string) =>
  (await signIn(email, password, tenantId)).data.signIn as { token: string; userErrors: { code: string }[] };

tenantInputsSuite(
  () => product,
  () => operator,
);

describe("a tenant", () => {
  it("is created with its quota by an operator of the platform; its own users see both and change neither", async () => {
    const quota = {
      maxVmCount: 3,
      maxCpuMillicores: 12_500,
      maxMemoryBytes: 2 ** 30,
      maxStorageBytes: 2 ** 40,
      maxMonthlySpend: { amount: "100.000000001", currency: "EUR" },
    };
    const input = { name: newName(), displayName: " Acme & Søn ", description: "two\nlines", quota };
    const { data } = await change("createTenant", input);
    const { tenant } = data.createTenant;
    const expected = { name: input.name, displayName: "Acme & Søn", description: "two\nlines", enabled: true, quota };
    expect(data.createTenant).toEqual({ tenant: { id: tenant.id, ...expected }, userErrors: [] });

    const own = await tokenOf(await newUser("admin", tenant.id as string));
    const seen = await product.ask(`{ tenants { nodes { ${inTenant} } } }`, {}, own);
    expect(seen.data.tenants.nodes).toEqual([tenant]);
    const refused = await change("setTenantQuota", { id: tenant.id, quota: { maxVmCount: 4 } }, own);
    expect(refused.errors[0]?.extensions).toMatchObject({ code: "FORBIDDEN", policy: "platform" });
  });

  it("has its users created by a user of the platform who acts in it", async () => {
    const id = await newTenant();
    const acting = await tokenOf(await newUser("admin"), id);
    const input = { username: "first", email: "first@example.org", role: "ADMIN" };
    const { data } = await product.ask(
      "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { tenant { id } } userErrors { code } } }",
      { input },
      acting,
    );
    expect(data.createUser).toEqual({ user: { tenant: { id } }, userErrors: [] });
  });

  it("keeps fields that a change omits, also when changes are concurrent, and clears those that are null", async () => {
    const id = await newTenant({
      displayName: "Acme",
      quota: { maxVmCount: 3, maxMonthlySpend: { amount: "5", currency: "USD" } },
    });
    const name = newName();
    await Promise.all([
      change("updateTenant", { id, name }),
      change("updateTenant", { id, description: "described" }),
      change("setTenantQuota", { id, quota: { maxVmCount: null } }),
      change("setTenantQuota", { id, quota: { maxCpuMillicores: 0 } }),
    ]);
    const { data } = await change("updateTenant", { id, displayName: null });
    expect(data.updateTenant.tenant).toMatchObject({
      name,
      displayName: null,
      description: "described",
      quota: { maxVmCount: null, maxCpuMillicores: 0, maxMonthlySpend: { amount: "5.000000000", currency: "USD" } },
    });
  });

  it("is not written when nothing of it changes", async () => {
    const quota = { maxVmCount: 3 };
    const id = await newTenant({ displayName: "Acme", quota });
    const unlimited = await newTenant({ quota: {} });
    const before = await written();
    const none = await change("setTenantQuota", { id: unlimited, quota: {} });
    expect(none.data.setTenantQuota.tenant.quota).toBeNull();
    for (const [name, input] of [
      ["updateTenant", { id, displayName: "Acme" }],
      ["enableTenant", { id }],
      ["setTenantQuota", { id, quota }],
    ] as const) {
      const { data } = await change(name, input);
      expect(data[name].tenant, name).toMatchObject({ id, enabled: true, quota });
    }
    expect(await written()).toEqual(before);
  });

  it("that does not exist is NOT_FOUND", async () => {
    const id = "0197a000-ffff-7000-8000-000000000000";
    for (const [name, input] of everyChange(id)) {
      expect((await change(name, input)).errors[0]?.extensions.code, name).toBe("NOT_FOUND");
    }
  });
});

/** A change of each kind, of this tenant. */
const everyChange = (id: string): [string, object][] => [
  ["updateTenant", { id, name: newName() }],
  ["disableTenant", { id }],
  ["enableTenant", { id }],
  ["setTenantQuota", { id, quota: { maxVmCount: 1 } }],
];

describe("a disabled tenant", () => {
  it("has no valid session or key until it is enabled, not even of users of the platform who act in it", async () => {
    const id = await newTenant();
    const user = await newUser("admin", id);
    const visitor = await newUser("admin");
    const key = { tenantId: platformTenantId, userId: visitor.id, actsInTenantId: id };
    const tokens = [
      await tokenOf(user),
      (await makeApiKey(product.databases.auth, { tenantId: id, userId: user.id })).key,
      await tokenOf(visitor, id),
      (await makeApiKey(product.databases.auth, key)).key,
    ];
    const statuses = () => Promise.all(tokens.map(statusOf));
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    const { data } = await change("disableTenant", { id });
    expect(data.disableTenant.tenant.enabled).toBe(false);
    expect(await statuses()).toEqual([401, 401, 401, 401]);
    expect(await statusOf(await tokenOf(visitor))).toBe(200);
    expect((await attempt(visitor, id)).userErrors).toEqual([{ code: "TENANT_UNKNOWN" }]);

    await change("enableTenant", { id });
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });

  it("refuses all sign-ins, and does not reveal that a password was right", async () => {
    const id = await newTenant();
    const user = await newUser("admin", id);
    await change("disableTenant", { id });
    const right = await attempt(user);
    expect(right).toEqual(await attempt({ ...user, password: "not the password" }));
    expect(right.userErrors).toEqual([{ code: "INVALID_CREDENTIALS" }]);
  });

  it("stays disabled when it is disabled again, which is recorded once", async () => {
    const id = await newTenant();
    const answers = await Promise.all(Array.from({ length: 3 }, () => change("disableTenant", { id })));
    for (const { data } of answers) expect(data.disableTenant.tenant).toMatchObject({ id, enabled: false });
    const entries = await read(`select from auth_audit_log where action = 'tenant.disable' and tenant_id = '${id}'`);
    expect(entries).toHaveLength(1);
  });
});

it("the platform tenant can be neither disabled nor renamed, but may have a display name", async () => {
  const id = platformTenantId;
  const refusals = [
    await change("disableTenant", { id }, administrator),
    await change("updateTenant", { id, name: "elsewhere" }, administrator),
  ];
  expect(refusals.map(({ data }) => (data.disableTenant ?? data.updateTenant).userErrors)).toEqual([
    [{ code: "TENANT_BUILT_IN", field: null }],
    [{ code: "TENANT_BUILT_IN", field: ["name"] }],
  ]);
  const { data } = await change("updateTenant", { id, name: "platform", displayName: "Operations" }, administrator);
  expect(data.updateTenant.tenant).toMatchObject({ name: "platform", displayName: "Operations", enabled: true });
});

describe("only administrators and operators of the platform", () => {
  it("change tenants: neither a tenant's own administrators nor viewers of the platform may", async () => {
    const own = await tokenOf(await newUser("admin", other.tenantId));
    const ownOperator = await tokenOf(await newUser("operator", other.tenantId));
    const viewer = await tokenOf(await newUser("viewer"));
    const before = await written();
    for (const [name, input] of [["createTenant", { name: newName() }], ...everyChange(other.tenantId)] as const) {
      for (const token of [own, ownOperator]) {
        const { errors } = await change(name, input, token);
        expect(errors[0]?.extensions, name).toMatchObject({ code: "FORBIDDEN", policy: "platform" });
      }
      const permission = name === "createTenant" ? "tenant:create" : "tenant:update";
      const { errors } = await change(name, input, viewer);
      expect(errors[0]?.extensions, name).toMatchObject({ code: "FORBIDDEN", permission });
    }
    expect(await written()).toEqual(before);
  });

  it("see tenants other than the one that they act in", async () => {
    const namesFor = async (token: string) => {
      const { data } = await product.ask("{ tenants(first: 100) { nodes { name } } }", {}, token);
      return (data.tenants.nodes as { name: string }[]).map(({ name }) => name);
    };
    const name = newName();
    const id = await newTenant({ name });
    const everything = await namesFor(administrator);
    expect(everything).toEqual(expect.arrayContaining(["platform", "tenant 2", name]));
    expect(await namesFor(operator)).toEqual(everything);
    expect(await namesFor(await tokenOf(await newUser("viewer")))).toEqual(["platform"]);
    expect(await namesFor(await tokenOf(await newUser("admin"), other.tenantId))).toEqual(["tenant 2"]);
    const own = await tokenOf(await newUser("admin", other.tenantId));
    expect(await namesFor(own)).toEqual(["tenant 2"]);

    const query = `query ($id: ID!) { tenant(id: $id) { id ${inQuota} } }`;
    expect((await product.ask(query, { id }, own)).errors[0]?.extensions.code).toBe("NOT_FOUND");
    expect((await product.ask(query, { id: other.tenantId }, administrator)).data.tenant).toMatchObject({
      id: other.tenantId,
      quota: { maxVmCount: 1_000 },
    });
  });
});

it("a user of the platform who acts in a tenant may still change others", async () => {
  const id = await newTenant();
  const acting = await tokenOf(await newUser("operator"), other.tenantId);
  const { data } = await change("setTenantQuota", { id, quota: { maxVmCount: 7 } }, acting);
  expect(data.setTenantQuota.tenant).toMatchObject({ id, quota: { maxVmCount: 7 } });
});

it("a change of a tenant is in its own audit log and the events, and a read of other tenants in the platform's audit log", async () => {
  const user = await newUser("operator");
  const token = await tokenOf(user);
  const { data } = await change("createTenant", { name: newName(), quota: { maxVmCount: 1 } }, token);
  const { id } = data.createTenant.tenant as { id: string };
  for (const [name, input] of everyChange(id)) await change(name, input, token);
  await change("setTenantQuota", { id, quota: { maxVmCount: 2 } }, token);
  await product.ask("{ tenants(first: 1) { nodes { id } } }", {}, token);
  await product.ask(`{ tenant(id: "${id}") { id } }`, {}, token);

  const entries = await read<{ tenant: string; action: string }>(
    `select tenant_id as tenant, action from auth_audit_log where user_id = '${user.id}' and action like 'tenant.%' order by created_at, id`,
  );
  expect(entries.map(({ tenant, action }) => [tenant, action])).toEqual([
    ...["create", "update", "disable", "enable", "set_quota"].map((what) => [id, `tenant.${what}`]),
    [platformTenantId, "tenant.list"],
    [platformTenantId, "tenant.read"],
  ]);
  const events = await read<{ type: string; actor: string }>(
    `select type, actor from outbox_events where entity_key = '${id}' order by id`,
  );
  expect(events.map(({ type }) => type)).toEqual([
    "tenant.created",
    "tenant_quota.created",
    ...["tenant", "tenant", "tenant", "tenant_quota"].map((kind) => `${kind}.updated`),
  ]);
  expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set([`user:${user.id}`]));
});

it("a user of the platform reads the changes of every tenant, with an entry in the audit log for each query", async () => {
  const user = await newUser("operator");
  const token = await tokenOf(user);
  const id = await newTenant();
  await change("updateTenant", { id, displayName: "changed" }, token);
  const changes = "changes(first: 1) { totalCount nodes { kind user { id } fields { name to } } }";
  const expected = {
    totalCount: 2,
    nodes: [{ kind: "UPDATED", user: { id: user.id }, fields: [{ name: "displayName", to: "changed" }] }],
  };
  const one = await product.ask(`{ tenant(id: "${id}") { ${changes} } }`, {}, token);
  expect(one).toMatchObject({ errors: [], data: { tenant: { changes: expected } } });
  const all = await product.ask(`{ tenants(first: 50) { nodes { id ${changes} } } }`, {}, token);
  expect(all.errors).toEqual([]);
  expect(all.data.tenants.nodes).toContainEqual({ id, changes: expected });
  const entries = await read<{ action: string }>(
    `select action from auth_audit_log where user_id = '${user.id}' and action = 'tenant.read_changes' and tenant_id = '${platformTenantId}'`,
  );
  expect(entries).toHaveLength(2);
});

it("the changes of a tenant are shown to its own users alone, and to those who see all tenants", async () => {
  const acting = await tokenOf(await newUser("admin"), other.tenantId);
  const query = `query ($id: ID!) { tenant(id: $id) { changes { totalCount } } }`;
  const id = await newTenant();
  expect((await product.ask(query, { id: other.tenantId }, acting)).data.tenant.changes.totalCount).toBeGreaterThan(0);
  expect((await product.ask(query, { id }, acting)).errors[0]?.extensions.code).toBe("NOT_FOUND");
});
