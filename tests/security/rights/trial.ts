import { randomUUID } from "node:crypto";
import { type Action, rightsOf } from "./model.ts";
import { tenants } from "./tenants.ts";
import type { Account, Held, World } from "./world.ts";

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

/** Whether the caller acts on their own account. */
export const isOwn = (caller: Held, target: Account): boolean => caller.account.id === target.id;

/** Returns a password that no account has. */
export const newPassword = (): string => `a sentence with ${randomUUID()}`;

/** Returns the tenant that an account's credential acts in: for users of the platform with the right to, sometimes another tenant. */
export const actsIn = ({ tenantId, rights }: Account, choices: Choices): string =>
  tenantId === tenants.platform && rights.has("tenant:act") && choices.chance(0.4) ? tenants.ours : tenantId;

/** Returns permissions that reach a tenant: where the caller acts in another one, they include the right to act there. */
export const across = (caller: Held, tenantId: string, permissions: readonly string[]) =>
  rightsOf(caller.tenantId === tenantId ? permissions : [...permissions, "tenant:act"]);

/** An action that requires no permission on the caller's own objects, wherever the caller acts. */
export const ofAnother = (caller: Held, target: Account, needs: string, isHidden = false): Partial<Action> =>
  isOwn(caller, target) ? {} : { needs, isHidden, isForeign: target.tenantId !== caller.tenantId };

/** Returns the rights that a caller needs who acts on their own account. */
export const onOwnAccount = (caller: Held): Pick<Action, "rights"> => ({
  rights: across(caller, caller.account.tenantId, caller.account.permissions),
});

/** Returns an action on the target. @param permissions what the target gets */
export const onAccount = (
  { caller, target }: Trial,
  needs: string,
  input: object,
  permissions: readonly string[] = [],
): Sent => ({
  input,
  needs,
  isForeign: target.tenantId !== caller.tenantId,
  rights: rightsOf([...target.permissions, ...permissions]),
});

/** Returns an action on a role that the trial creates. */
export async function onRole(
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

/** Returns an action of the platform on a tenant. */
export const onTenant = (needs: string, input: object): Sent => ({
  input,
  needs,
  isForThePlatform: true,
  rights: rightsOf([]),
});
