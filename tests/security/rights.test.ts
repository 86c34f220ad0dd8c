import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "#lib/trust/request-context.ts";
import { permitAccount } from "#subgraphs/auth/credentials/escalation.ts";
import { exampleOf } from "#tests/mutations/examples.ts";
import { race } from "./rights/races.ts";
import { tryAll } from "./rights/trials.ts";
import { tenants } from "./rights/tenants.ts";
import { type Account, type Held, password, World } from "./rights/world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const outcomeOf = async (held: Held, name: string, input?: object) => (await world.send(held, name, input)).outcome;
const isValid = async ({ token }: Held) => (await world.identityOf(token)) !== undefined;
const exceeds = "SCOPE_EXCEEDS_RIGHTS";
/** Sends a mutation as a caller who was identified earlier. */
const sentAs = (identity: Identity, mutation: string) =>
  world.auth.execute(
    { query: `mutation { payload: ${mutation} { userErrors { code } } }` },
    { identity, requestId: "request", deadline: Date.now() + 10_000 },
  );
const done = { data: { payload: { userErrors: [] } } };

describe("case G37, G38: a credential gives no more than its own rights", () => {
  it("by any mutation of the auth domain, whatever the rights of the caller and of the target", async () => {
    const outcomes = await tryAll(world, (name) => (exampleOf(name).hashes ? 1 : 7), 20_261_130);
    const all = [...outcomes.values()].flatMap((each) => [...each.keys()]);
    expect(new Set(all)).toEqual(new Set(["DONE", "FORBIDDEN", "NOT_FOUND", exceeds]));
  });

  it("while an administrator gives the target more", async () => {
    for (let batch = 0; batch < 6; batch += 1)
      await Promise.all([1, 2, 3, 4].map((each) => race(world, batch * 10 + each)));
  });
});

describe("case G37: an API key", () => {
  const wide = () => world.account(tenants.ours, "admin");

  it("does not rotate or revoke a key of its owner that has more rights", async () => {
    const owner = await wide();
    const [narrow, all] = [await world.key(owner, ["role:read"]), await world.key(owner, ["*"])];
    expect(await outcomeOf(narrow, "rotateApiKey", { id: all.id })).toBe(exceeds);
    expect(await outcomeOf(narrow, "revokeApiKey", { id: all.id })).toBe(exceeds);
    expect(await isValid(all)).toBe(true);
    expect(await outcomeOf(all, "rotateApiKey", { id: narrow.id })).toBe("DONE");
    expect(await outcomeOf(all, "revokeApiKey", { id: narrow.id })).toBe("DONE");
    expect(await isValid(narrow)).toBe(false);
  });

  it("rotates and revokes itself, even when its owner lacks the rights in its scopes", async () => {
    const key = await world.key(await world.account(tenants.ours, "viewer"), ["vm:read", "audit:read"]);
    expect(await outcomeOf(key, "rotateApiKey", { id: key.id })).toBe("DONE");
    expect(await outcomeOf(key, "revokeApiKey", { id: key.id })).toBe("DONE");
    expect(await isValid(key)).toBe(false);
  });

  it("ends no session of its owner and changes none of its owner's proofs of identity, even with the correct password and code", async () => {
    const owner = await wide();
    const session = await world.session(owner);
    const narrow = await world.key(owner, ["user:*", "session:revoke"]);
    const code = await world.secondFactor(owner, true);
    for (const [name, input] of [
      ["revokeSession", { id: session.id }],
      ["revokeUserSessions", {}],
      ["changePassword", { currentPassword: password, newPassword: "another sentence of many words" }],
      ["disableTotp", { password, code }],
      ["regenerateRecoveryCodes", { password, code }],
      ["createPasswordReset", { userId: owner.id }],
    ] as const)
      expect(await outcomeOf(narrow, name, input), name).toBe(exceeds);
    expect(await isValid(session)).toBe(true);
    const [user] = await world.sql`select failed_login_attempts as tries from users where id = ${owner.id}`;
    expect(user?.["tries"], "a refusal does not count as an attempt at the password").toBe(0);
  });

  it("creates and rotates no key that outlasts it", async () => {
    const owner = await wide();
    const soon = new Date(Date.now() + 3_600_000);
    const key = await world.key(owner, ["*"], owner.tenantId, { expiresAt: soon });
    const eternal = await world.key(owner, ["vm:read"]);
    const make = (expiresAt: Date | null) =>
      outcomeOf(key, "createApiKey", { name: "a key", scopes: ["vm:read"], expiresAt });
    expect(await make(null)).toBe("EXPIRY_INVALID");
    expect(await make(new Date(soon.getTime() + 1_000))).toBe("EXPIRY_INVALID");
    expect(await make(soon)).toBe("DONE");
    expect(await outcomeOf(key, "rotateApiKey", { id: eternal.id })).toBe("EXPIRY_INVALID");
    expect(await outcomeOf(key, "rotateApiKey", { id: key.id })).toBe("DONE");
  });

  it("that acts in one tenant creates none for another and ends none there, without the right to act in others", async () => {
    const operator = await world.account(tenants.platform, "operator");
    const visiting = await world.key(operator, ["vm:read"], tenants.ours);
    const atHome = await world.key(operator, ["vm:read"]);
    const make = (held: Held, tenantId?: string) =>
      outcomeOf(held, "createApiKey", { name: "a key", scopes: ["vm:read"], tenantId });
    expect(await make(visiting, tenants.theirs)).toBe("TENANT_UNKNOWN");
    expect(await make(visiting, tenants.platform)).toBe("TENANT_UNKNOWN");
    expect(await make(atHome, tenants.ours)).toBe("TENANT_UNKNOWN");
    expect(await make(visiting)).toBe("DONE");
    expect(await outcomeOf(visiting, "rotateApiKey", { id: atHome.id })).toBe(exceeds);
    expect(await outcomeOf(visiting, "revokeApiKey", { id: atHome.id })).toBe(exceeds);
    const moving = await world.key(operator, ["vm:read", "tenant:act"], tenants.ours);
    expect(await make(moving, tenants.theirs)).toBe("DONE");
    expect(await outcomeOf(moving, "rotateApiKey", { id: atHome.id })).toBe("DONE");
    expect(await outcomeOf(moving, "revokeApiKey", { id: atHome.id })).toBe("DONE");
  });
});

describe("case G38: a user who may change users", () => {
  it("does nothing to an account that has rights which they lack", async () => {
    const clerk = await world.session(await world.account(tenants.ours, "viewer", ["user:*", "role:*", "session:*"]));
    const [administrator, operator] = [
      await world.account(tenants.ours, "admin"),
      await world.account(tenants.ours, "operator"),
    ];
    const roleId = await world.role(tenants.ours, ["vm:read"]);
    for (const { id } of [administrator, operator]) {
      for (const [name, input] of [
        ["createPasswordReset", { userId: id }],
        ["disableUser", { id }],
        ["setUserRole", { id, role: "VIEWER" }],
        ["grantRole", { userId: id, roleId }],
        ["revokeRole", { userId: id, roleId }],
        ["revokeUserSessions", { userId: id }],
      ] as const)
        expect(await outcomeOf(clerk, name, input), name).toBe(exceeds);
      await world.sql`update users set disabled_at = now() where id = ${id}`;
      expect(await outcomeOf(clerk, "enableUser", { id })).toBe(exceeds);
    }
    const { id } = await world.account(tenants.ours, "viewer");
    expect(await outcomeOf(clerk, "createPasswordReset", { userId: id })).toBe("DONE");
    expect(await outcomeOf(clerk, "disableUser", { id })).toBe("DONE");
    expect(await outcomeOf(clerk, "enableUser", { id })).toBe("DONE");
  });

  it.each([
    ["is granted a role", (user: Account, roleId: string) => ["grantRole", { userId: user.id, roleId }]],
    ["receives another default role", (user: Account) => ["setUserRole", { id: user.id, role: "OPERATOR" }]],
    [
      "has a role that receives more permissions",
      (_user: Account, _wide: string, id: string) => ["updateRole", { id, permissions: ["audit:*"] }],
    ],
  ] as const)("loses the code for a new password that they made, once the account %s", async (_title, raise) => {
    const clerk = await world.session(await world.account(tenants.ours, "viewer", ["user:*"]));
    const administrator = await world.session(await world.account(tenants.ours, "admin"));
    const user = await world.account(tenants.ours, "viewer");
    const [wide, held] = [await world.role(tenants.ours, ["audit:*"]), await world.role(tenants.ours, [])];
    await world.grant(user, held);
    const { data } = await world.send(clerk, "createPasswordReset", { userId: user.id });
    const [name, input] = raise(user, wide, held);
    expect(await outcomeOf(administrator, name as string, input as object)).toBe("DONE");
    const reset = { login: user.username, code: data?.["code"], newPassword: "another sentence of many words" };
    expect(await outcomeOf(clerk, "resetPassword", reset)).toBe("RESET_CODE_INVALID");
  });
});

it("a session acts on its own account's credentials although a role was granted to the account after it was identified", async () => {
  const account = await world.account(tenants.ours, "viewer");
  const [session, ...others] = [
    await world.session(account),
    await world.session(account),
    await world.session(account),
  ];
  const key = await world.key(account, ["*"]);
  const identity = (await world.identityOf(session.token)) as Identity;
  await world.grant(account, await world.role(tenants.ours, ["audit:*"]));
  expect(await sentAs(identity, `revokeSession(input: { id: "${others[0]?.id}" })`)).toEqual(done);
  expect(await sentAs(identity, `revokeApiKey(input: { id: "${key.id}" })`)).toEqual(done);
  expect(await sentAs(identity, "revokeUserSessions(input: {})")).toEqual(done);
  expect(await Promise.all([session, ...others, key].map(isValid))).toEqual([true, false, false, false]);
});

it("a key ends itself although a role was granted to its owner after it was identified", async () => {
  const account = await world.account(tenants.ours, "viewer");
  const key = await world.key(account, ["*"]);
  const identity = (await world.identityOf(key.token)) as Identity;
  await world.grant(account, await world.role(tenants.ours, ["audit:*"]));
  expect(await sentAs(identity, `revokeApiKey(input: { id: "${key.id}" })`)).toEqual(done);
  expect(await isValid(key)).toBe(false);
});

it("a user who acts in another tenant does not find their own account there", async () => {
  const visitor = await world.account(tenants.platform, "admin");
  const visiting = await world.session(visitor, tenants.ours);
  const [roleId, before] = [await world.role(tenants.ours, ["vm:read"]), await world.written()];
  for (const [name, input] of [
    ["grantRole", { userId: visitor.id, roleId }],
    ["revokeRole", { userId: visitor.id, roleId }],
    ["createPasswordReset", { userId: visitor.id }],
    ["setUserRole", { id: visitor.id, role: "VIEWER" }],
    ["disableUser", { id: visitor.id }],
    ["unlockUser", { id: visitor.id }],
  ] as const)
    expect(await outcomeOf(visiting, name, input), name).toBe("NOT_FOUND");
  expect(await world.written()).toBe(before);
  // Whatever the functions that write accounts look for themselves.
  const identity = (await world.identityOf(visiting.token)) as Identity;
  const { auth } = world.product.databases;
  const permitted = await auth.write({ tenantId: tenants.ours }, (tx) => permitAccount(tx, identity, visitor.id));
  expect(permitted).toEqual({ kind: "not there", what: "user" });
});

it("the right to end sessions ends no keys, and the right to end keys ends no sessions", async () => {
  const [ofSessions, ofKeys] = await Promise.all(
    ["session:revoke", "api_key:revoke"].map(async (right) =>
      world.session(await world.account(tenants.ours, "viewer", [right])),
    ),
  );
  const colleague = await world.account(tenants.ours, "viewer");
  const [session, key] = [await world.session(colleague), await world.key(colleague, ["vm:read"])];
  expect(await outcomeOf(ofKeys as Held, "revokeSession", { id: session.id })).toBe("NOT_FOUND");
  expect(await outcomeOf(ofSessions as Held, "revokeApiKey", { id: key.id })).toBe("NOT_FOUND");
  expect([await isValid(session), await isValid(key)]).toEqual([true, true]);
  expect(await outcomeOf(ofSessions as Held, "revokeSession", { id: session.id })).toBe("DONE");
  expect(await outcomeOf(ofKeys as Held, "revokeApiKey", { id: key.id })).toBe("DONE");
});

it("a role and a key have at most a hundred permissions, whatever the gateway lets through", async () => {
  const administrator = await world.session(await world.account(tenants.ours, "admin"));
  const letters = "a b c d e f g h i j k".split(" ");
  const permissions = letters.flatMap((one) => letters.map((other) => `vm:${one}${other}`));
  const role = (count: number) =>
    outcomeOf(administrator, "createRole", { name: `role of ${count}`, permissions: permissions.slice(0, count) });
  const key = (count: number) =>
    outcomeOf(administrator, "createApiKey", { name: "a key", scopes: permissions.slice(0, count) });
  expect([await role(100), await key(100)]).toEqual(["DONE", "DONE"]);
  expect([await role(101), await key(101)]).toEqual(["PERMISSION_INVALID", "PERMISSION_INVALID"]);
});

it("a session or key that acts in another tenant ends when its user may no longer act in others", async () => {
  const operator = await world.account(tenants.platform, "operator");
  const visiting = [await world.session(operator, tenants.ours), await world.key(operator, ["vm:read"], tenants.ours)];
  expect(await Promise.all(visiting.map(isValid))).toEqual([true, true]);
  await world.sql`update users set role = 'viewer' where id = ${operator.id}`;
  expect(await Promise.all(visiting.map(isValid))).toEqual([false, false]);
});

it("a user who acts in another tenant ends sessions and keys of that tenant's users, and at home only their own", async () => {
  const [visitor, colleague] = [
    await world.account(tenants.platform, "admin"),
    await world.account(tenants.platform, "viewer"),
  ];
  const user = await world.account(tenants.ours, "user");
  const visiting = await world.session(visitor, tenants.ours);
  const [theirs, own, other] = await Promise.all([user, visitor, colleague].map((each) => world.session(each)));
  const key = await world.key(user, ["vm:read"]);
  expect(await outcomeOf(visiting, "revokeSession", { id: other?.id })).toBe("NOT_FOUND");
  expect(await outcomeOf(visiting, "revokeSession", { id: own?.id })).toBe("DONE");
  expect(await outcomeOf(visiting, "revokeUserSessions", { userId: user.id })).toBe("DONE");
  expect(await isValid(theirs as Held)).toBe(false);
  expect(await outcomeOf(visiting, "revokeApiKey", { id: key.id })).toBe("DONE");
});

it("a role that is renamed does not regain permissions that a concurrent change removed", async () => {
  const administrator = await world.session(await world.account(tenants.ours, "admin"));
  const ids = await Promise.all(Array.from({ length: 8 }, () => world.role(tenants.ours, ["vm:*"])));
  const change = (id: string, of: object) => outcomeOf(administrator, "updateRole", { id, ...of });
  await Promise.all(ids.flatMap((id) => [change(id, { name: `renamed ${id}` }), change(id, { permissions: [] })]));
  const roles = await world.sql`select permissions from roles where id = any(${ids}) and name like 'renamed %'`;
  expect(roles.map(({ permissions }) => permissions as unknown)).toEqual(ids.map(() => []));
});
