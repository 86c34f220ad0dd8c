import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeUser } from "#tests/harness/credentials.ts";
import { type Answer, bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

const fleet = fleetOf(1);
const builtInAdmin = "00000000-0000-7000-8000-000000000101";
let product: TestProduct;
let administrator: string;
beforeAll(async () => {
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 1, 3);
  administrator = await tokenOf(await newUser("admin"));
});
afterAll(() => product.stop());

const newUser = (role: "admin" | "viewer" = "viewer") =>
  makeUser(product.databases.auth, { tenantId: fleet.tenantId, role });
async function tokenOf({ email, password }: { email: string; password: string }): Promise<string> {
  const { data } = await product.ask("mutation ($input: SignInInput!) { signIn(input: $input) { token } }", {
    input: { login: email, password },
  });
  return data.signIn.token as string;
}
const change = (name: string, input: object, fields: string, token = administrator): Promise<Answer> => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return product.ask(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code field } } }`,
    { input },
    token,
  );
};
let made = 0;
const newRole = async (permissions: string[]): Promise<string> => {
  const { data } = await change("createRole", { name: `role ${(made += 1)}`, permissions }, "role { id }");
  return data.createRole.role.id as string;
};

describe("a role of a tenant's own", () => {
  it("gives its holders its permissions, until it is revoked or deleted", async () => {
    const user = await newUser();
    const token = await tokenOf(user);
    const readsAudit = async () => (await product.ask("{ authAuditLog(first: 1) { totalCount } }", {}, token)).errors;
    expect(await readsAudit()).toHaveLength(1);
    const roleId = await newRole(["audit:read"]);
    const granted = await change("grantRole", { userId: user.id, roleId }, "user { roles { role { id } } }");
    expect(granted.data.grantRole).toEqual({ user: { roles: [{ role: { id: roleId } }] }, userErrors: [] });
    expect(await readsAudit()).toEqual([]);
    const me = await product.ask("{ me { permissions { permission because } } }", {}, token);
    expect(me.data.me.permissions).toContainEqual({ permission: "audit:read", because: [`role ${made}`] });
    await change("revokeRole", { userId: user.id, roleId }, "user { id }");
    expect(await readsAudit()).toHaveLength(1);
    await change("grantRole", { userId: user.id, roleId }, "user { id }");
    await change("updateRole", { id: roleId, permissions: ["session:read"] }, "role { version }");
    expect(await readsAudit()).toHaveLength(1);
    await change("updateRole", { id: roleId, permissions: ["audit:*"] }, "role { version }");
    expect(await readsAudit()).toEqual([]);
    const removed = await change("deleteRole", { id: roleId }, "role { id }");
    expect(removed.data.deleteRole.role).toEqual({ id: roleId });
    expect(await readsAudit()).toHaveLength(1);
  });

  it.each([
    ["NAME_INVALID", "name", { name: " " }],
    ["NAME_INVALID", "name", { name: "x".repeat(101) }],
    ["NAME_INVALID", "name", { name: "a\u0000b" }],
    ["NAME_TAKEN", "name", { name: "taken" }],
    // Case G41: a name that people read as another role's name is taken, or invalid.
    ["NAME_TAKEN", "name", { name: "TAKEN" }],
    ["NAME_TAKEN", "name", { name: "Admin" }],
    ["NAME_INVALID", "name", { name: "\u0430dmin" }],
    ["PERMISSION_INVALID", "permissions", { permissions: ["audit"] }],
    ["PERMISSION_INVALID", "permissions", { permissions: ["*:read"] }],
  ])("case G41: is neither created nor changed with %s of its %s: %j", async (code, field, wrong) => {
    if (code === "NAME_TAKEN") await change("createRole", { name: "taken", permissions: [] }, "role { id }");
    const refused = await change("createRole", { name: "new", permissions: ["vm:read"], ...wrong }, "role { id }");
    expect(refused.data.createRole).toEqual({ role: null, userErrors: [{ code, field: [field] }] });
    const id = await newRole(["vm:read"]);
    const unchanged = await change("updateRole", { id, ...wrong }, "role { id }");
    expect(unchanged.data.updateRole).toEqual({ role: null, userErrors: [{ code, field: [field] }] });
    const { data } = await product.ask(`{ role(id: "${id}") { version permissions } }`, {}, administrator);
    expect(data.role).toEqual({ version: 1, permissions: ["vm:read"] });
  });
});

it("a role's description must be valid text", async () => {
  for (const description of ["a\u0000b", "x".repeat(2_001)]) {
    const input = { name: "described", description, permissions: [] };
    const { errors } = await change("createRole", input, "role { id }");
    expect(errors[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", argument: "input.description" });
  }
});

it("a built-in role can be neither changed nor deleted", async () => {
  for (const [name, input] of [
    ["updateRole", { id: builtInAdmin, permissions: [] }],
    ["deleteRole", { id: builtInAdmin }],
  ] as const) {
    const { data } = await change(name, input, "role { id }");
    expect(data[name].userErrors).toEqual([{ code: "ROLE_BUILT_IN", field: null }]);
  }
});

it("no user creates, grants, revokes or changes a role that has more rights than they have", async () => {
  const clerk = await newUser();
  const roleId = await newRole(["role:*", "vm:read"]);
  await change("grantRole", { userId: clerk.id, roleId }, "user { id }");
  const token = await tokenOf(clerk);
  const more = await newRole(["audit:read"]);
  const exceeds = (field: string[] | null) => [{ code: "SCOPE_EXCEEDS_RIGHTS", field }];
  const answers = {
    createRole: await change("createRole", { name: "more", permissions: ["audit:read"] }, "role { id }", token),
    updateRole: await change("updateRole", { id: more, permissions: ["vm:read"] }, "role { id }", token),
    deleteRole: await change("deleteRole", { id: more }, "role { id }", token),
    grantRole: await change("grantRole", { userId: clerk.id, roleId: builtInAdmin }, "user { id }", token),
    revokeRole: await change("revokeRole", { userId: clerk.id, roleId: more }, "user { id }", token),
  };
  for (const [name, { data }] of Object.entries(answers)) {
    expect(data[name].userErrors, name).toEqual(exceeds(name === "createRole" ? ["permissions"] : null));
  }
  const allowed = await change("createRole", { name: "less", permissions: ["vm:read"] }, "role { id }", token);
  expect(allowed.data.createRole.userErrors).toEqual([]);
});

it("a refusal names the permissions that the caller sent and lacks, and none of an object that they may not change", async () => {
  const clerk = await newUser();
  const own = await newRole(["role:*", "vm:read"]);
  await change("grantRole", { userId: clerk.id, roleId: own }, "user { id }");
  const token = await tokenOf(clerk);
  const more = await newRole(["audit:read"]);
  const messages = "messages: userErrors { message }";
  const sent = { name: "sent", permissions: ["vm:read", "audit:read", "session:*"] };
  const created = await change("createRole", sent, messages, token);
  expect(created.data.createRole.messages).toEqual([
    { message: "You may not do this yourself: audit:read, session:*." },
  ]);
  const updated = await change("updateRole", { id: more, permissions: ["vm:read"] }, messages, token);
  expect(updated.data.updateRole.messages).toEqual([{ message: expect.not.stringContaining("audit:read") as string }]);
});

it("a user's refusals are in the audit log with the request, once a minute for each permission", async () => {
  const user = await newUser();
  const token = await tokenOf(user);
  for (let at = 0; at < 3; at += 1) await product.ask("{ authAuditLog(first: 1) { totalCount } }", {}, token);
  await change("createRole", { name: "refused", permissions: [] }, "role { id }", token);
  const denials = async () => {
    const filter = `{ user: ["${user.id}"], action: ["access.denied"] }`;
    const { data } = await product.ask(
      `{ authAuditLog(first: 10, filter: ${filter}) { nodes { success actorName ipAddress metadata } } }`,
      {},
      administrator,
    );
    return data.authAuditLog.nodes as { metadata: unknown }[];
  };
  await expect.poll(denials).toHaveLength(2);
  const [second, first] = await denials();
  expect(first).toMatchObject({ success: false, actorName: user.username, ipAddress: "127.0.0.1" });
  const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
  expect(first?.metadata).toEqual({ permissions: ["audit:read"], requestId });
  expect(second?.metadata).toEqual({ permissions: ["role:create"], requestId });
});

it("a refusal of a user who acts in another tenant is in the audit log of their own, with the tenant they acted in", async () => {
  const visitor = await makeUser(product.databases.auth, { tenantId: platformTenantId, role: "operator" });
  const input = { login: visitor.email, password: visitor.password, tenantId: fleet.tenantId };
  const { data } = await product.ask("mutation ($input: SignInInput!) { signIn(input: $input) { token } }", { input });
  await change("createRole", { name: "refused", permissions: [] }, "role { id }", data.signIn.token as string);
  const denials = () =>
    asOwner(
      product.urls.url("auth"),
      (sql) => sql`
        select tenant_id, actor_name, success, error_message, metadata - 'requestId' as metadata from auth_audit_log
        where user_id = ${visitor.id} and action = 'access.denied'`,
    );
  await expect.poll(denials).toEqual([
    {
      tenant_id: platformTenantId,
      actor_name: visitor.username,
      success: false,
      error_message: "FORBIDDEN",
      metadata: { permissions: ["role:create"], actsInTenantId: fleet.tenantId },
    },
  ]);
  const announced = await asOwner(
    product.urls.url("auth"),
    (sql) => sql`
      select distinct actor from outbox_events
      where type = 'auth_audit_entry.created' and payload ->> 'action' = 'access.denied' and payload ->> 'actorName' = ${visitor.username}`,
  );
  expect(announced).toEqual([{ actor: `user:${visitor.id}` }]);
});
