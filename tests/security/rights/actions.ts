import { createHash, randomUUID } from "node:crypto";
import { type Action, both, rightsOf } from "./model.ts";
import { type Account, type DefaultRole, type Held, password, tenants, type World } from "./world.ts";

/** A source of random choices. */
export interface Choices {
  some<T>(of: readonly T[]): T;
  chance(of: number): boolean;
  permissions(): string[];
}

/** The caller that sends a mutation, and the account that it acts on. */
export interface Trial {
  world: World;
  caller: Held;
  target: Account;
  choices: Choices;
}

/** A mutation as it is sent, and its effect. */
export interface Sent extends Action {
  input?: object;
}

/** Every mutation of the auth subgraph. The test fails for a mutation without an entry. */
export const mutations: Readonly<Record<string, (trial: Trial) => Promise<Sent>>> = {
  signIn: async ({ target }) => ({
    input: { login: target.username, password },
    isOwnCredential: true,
    rights: target.rights,
  }),
  signOut: async ({ caller }) => ({ isOwnCredential: true, rights: caller.rights }),
  createConnectionTicket: async ({ caller }) => ({ isOwnCredential: true, rights: caller.rights }),
  resetPassword: async ({ world, target }) => {
    const code = randomUUID();
    await world.sql`
      insert into password_resets (user_id, tenant_id, code_hash, expires_at)
      values (${target.id}, ${target.tenantId}, ${createHash("sha256").update(code).digest("hex")}, now() + interval '1 hour')`;
    return {
      input: { login: target.username, code, newPassword: newPassword() },
      isOwnCredential: true,
      rights: target.rights,
    };
  },

  revokeSession: async ({ world, caller, target, choices }) => {
    const isOwnCredential = caller.kind === "session" && isOwn(caller, target) && choices.chance(0.3);
    const { id, tenantId } = isOwnCredential ? caller : await world.session(target, actsIn(target, choices));
    return {
      input: { id },
      ...ofAnother(caller, target, "session:revoke", true),
      isOwnCredential,
      rights: across(caller, tenantId, target.permissions),
    };
  },
  revokeUserSessions: async ({ caller, target }) => ({
    input: { userId: target.id },
    ...ofAnother(caller, target, "session:revoke"),
    rights: across(caller, target.tenantId, target.permissions),
  }),
  revokeApiKey: async ({ world, caller, target, choices }) => {
    const isOwnCredential = caller.kind === "api_key" && isOwn(caller, target) && choices.chance(0.3);
    const key = isOwnCredential ? caller : await world.key(target, choices.permissions(), actsIn(target, choices));
    const rights = new Set([...key.rights, ...across(caller, key.tenantId, [])]);
    return { input: { id: key.id }, ...ofAnother(caller, target, "api_key:revoke", true), isOwnCredential, rights };
  },
  rotateApiKey: async ({ world, caller, target, choices }) => {
    const isOwnCredential = caller.kind === "api_key" && isOwn(caller, target) && choices.chance(0.3);
    const key = isOwnCredential ? caller : await world.key(target, choices.permissions(), actsIn(target, choices));
    // A session always has its user's rights, so only scopes within them count. A key keeps its own scopes while its user may gain rights, so all
    // scopes count.
    const lasting = caller.kind === "session" ? both(rightsOf(key.scopes), target.rights) : rightsOf(key.scopes);
    const rights = new Set([...lasting, ...across(caller, key.tenantId, [])]);
    return { input: { id: key.id }, isForeign: !isOwn(caller, target), isOwnCredential, rights };
  },
  createApiKey: async ({ choices }) => {
    const scopes = choices.permissions();
    return { input: { name: "a key", scopes }, rights: rightsOf(scopes) };
  },

  changePassword: async ({ caller }) => ({
    input: { currentPassword: password, newPassword: newPassword() },
    ...onOwnAccount(caller),
  }),
  beginTotp: async ({ caller }) => ({ input: { password }, ...onOwnAccount(caller) }),
  confirmTotp: async ({ world, caller }) => ({
    input: { code: await world.secondFactor(caller.account, false) },
    ...onOwnAccount(caller),
  }),
  disableTotp: async ({ world, caller }) => ({
    input: { password, code: await world.secondFactor(caller.account, true) },
    ...onOwnAccount(caller),
  }),
  regenerateRecoveryCodes: async ({ world, caller }) => ({
    input: { password, code: await world.secondFactor(caller.account, true) },
    ...onOwnAccount(caller),
  }),

  createPasswordReset: async (trial) => onAccount(trial, "user:update"),
  disableUser: async (trial) => onAccount(trial, "user:update"),
  enableUser: async (trial) => {
    const target = isOwn(trial.caller, trial.target)
      ? await trial.world.account(trial.caller.tenantId, "user")
      : trial.target;
    await trial.world.sql`update users set disabled_at = now() where id = ${target.id}`;
    return onAccount({ ...trial, target }, "user:update");
  },
  setUserRole: async (trial) => {
    const role = trial.choices.some<DefaultRole>(["admin", "operator", "user", "viewer"]);
    return onAccount(trial, "user:update", { role: role.toUpperCase() }, trial.world.permissionsOf(role));
  },
  grantRole: async (trial) => {
    const permissions = trial.choices.permissions();
    const roleId = await trial.world.role(trial.caller.tenantId, permissions);
    return onAccount(trial, "role:grant", { roleId }, permissions);
  },
  revokeRole: async (trial) => {
    const roleId = await trial.world.role(trial.target.tenantId, ["vm:read"]);
    await trial.world.grant(trial.target, roleId);
    return onAccount(trial, "role:grant", { roleId }, ["vm:read"]);
  },
  createUser: async ({ world, choices }) => {
    const role = choices.some<DefaultRole>(["admin", "operator", "user", "viewer"]);
    const username = `made-${randomUUID()}`;
    const input = { username, email: `${username}@example.org`, role: role.toUpperCase() };
    return { input, needs: "user:create", rights: rightsOf(world.permissionsOf(role)) };
  },

  createRole: async ({ choices }) => {
    const permissions = choices.permissions();
    return { input: { name: randomUUID(), permissions }, needs: "role:create", rights: rightsOf(permissions) };
  },
  updateRole: async (trial) => {
    const permissions = trial.choices.permissions();
    const more = trial.choices.chance(0.3) ? { name: randomUUID() } : { permissions };
    return onRole(trial, "role:update", more, "permissions" in more ? permissions : []);
  },
  deleteRole: async (trial) => onRole(trial, "role:delete"),

  createTenant: async () => onTenant("tenant:create", { name: `t${randomUUID().slice(0, 8)}` }),
  updateTenant: async ({ world }) => onTenant("tenant:update", { id: await world.tenant(), displayName: randomUUID() }),
  disableTenant: async ({ world }) => onTenant("tenant:update", { id: await world.tenant() }),
  enableTenant: async ({ world }) => onTenant("tenant:update", { id: await world.tenant() }),
  setTenantQuota: async ({ world }) =>
    onTenant("tenant:update", { tenantId: await world.tenant(), quota: { maxVmCount: 7 } }),

  recordDenial: async ({ target: { id: userId, username, tenantId } }) => ({
    input: { userId, username, userTenantId: tenantId, tenantId, permissions: [] },
    isForServices: true,
    rights: rightsOf([]),
  }),
  redeemConnectionTicket: async () => ({ input: { ticket: "a ticket" }, isForServices: true, rights: rightsOf([]) }),
};

const isOwn = (caller: Held, target: Account): boolean => caller.account.id === target.id;

const newPassword = (): string => `a sentence with ${randomUUID()}`;

/** Returns the tenant that an account's credential acts in: for users of the platform with the right to, sometimes another tenant. */
const actsIn = ({ tenantId, rights }: Account, choices: Choices): string =>
  tenantId === tenants.platform && rights.has("tenant:act") && choices.chance(0.4) ? tenants.ours : tenantId;

/** Returns permissions that reach a tenant: where the caller acts in another one, they include the right to act there. */
const across = (caller: Held, tenantId: string, permissions: readonly string[]) =>
  rightsOf(caller.tenantId === tenantId ? permissions : [...permissions, "tenant:act"]);

/** An action that requires no permission on the caller's own objects, wherever the caller acts. */
const ofAnother = (caller: Held, target: Account, needs: string, isHidden = false): Partial<Action> =>
  isOwn(caller, target) ? {} : { needs, isHidden, isForeign: target.tenantId !== caller.tenantId };

const onOwnAccount = (caller: Held): Pick<Action, "rights"> => ({
  rights: across(caller, caller.account.tenantId, caller.account.permissions),
});

const onAccount = (
  { caller, target }: Trial,
  needs: string,
  more: object = {},
  permissions: readonly string[] = [],
): Sent => ({
  input: { userId: target.id, ...more },
  needs,
  isForeign: target.tenantId !== caller.tenantId,
  rights: rightsOf([...target.permissions, ...permissions]),
});

async function onRole(
  { world, caller, target: { tenantId }, choices }: Trial,
  needs: string,
  more: object = {},
  permissions: readonly string[] = [],
): Promise<Sent> {
  const held = choices.permissions();
  const id = await world.role(tenantId, held);
  const rights = rightsOf([...held, ...permissions]);
  return { input: { id, ...more }, needs, isForeign: tenantId !== caller.tenantId, rights };
}

const onTenant = (needs: string, input: object): Sent => ({
  input,
  needs,
  isForThePlatform: true,
  rights: rightsOf([]),
});
