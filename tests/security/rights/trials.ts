import { expect } from "vitest";
import { seededRandom } from "#tests/monitoring-db/metric-storage.ts";
import { exampleOf, examples } from "#tests/mutations/examples.ts";
import type { Choices } from "./trial.ts";
import { expected, type Outcome, rightsOf } from "./model.ts";
import { tenants } from "./tenants.ts";
import type { Account, DefaultRole, Held, World } from "./world.ts";

const defaultRoles: readonly DefaultRole[] = ["viewer", "viewer", "user", "operator", "admin"];
const pool =
  "* vm:* vm:read vm:re* alert:* audit:read user:* user:update role:* role:grant session:revoke api_key:revoke tenant:act".split(
    " ",
  );
/** The permissions that mutations require, so that many callers may send them. */
const common = ["user:*", "role:*", "session:revoke", "api_key:*", "tenant:*", "vm:*"];

function choicesOf(seed: number): Choices {
  const random = seededRandom(seed);
  const some = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  return {
    some,
    chance: (of) => random() < of,
    permissions: () => Array.from({ length: 1 + Math.floor(random() * 3) }, () => some(pool)),
  };
}

async function callerOf(world: World, choices: Choices): Promise<Held> {
  const { some, chance, permissions } = choices;
  const permitted = () => [...(chance(0.5) ? permissions() : []), ...common.filter(() => chance(0.65))];
  const account = await world.account(some([tenants.ours, tenants.platform]), some(defaultRoles), permitted());
  const travels = account.tenantId === tenants.platform && account.rights.has("tenant:act") && chance(0.4);
  const actsIn = travels ? tenants.ours : account.tenantId;
  if (chance(0.4)) return world.session(account, actsIn);
  return world.key(account, chance(0.3) ? ["*"] : ["vm:read", ...permitted()], actsIn);
}

function targetOf(world: World, caller: Held, { some, chance, permissions }: Choices): Promise<Account> | Account {
  if (chance(0.4)) return caller.account;
  const tenantId = chance(0.15) ? tenants.theirs : caller.tenantId;
  return world.account(tenantId, some(defaultRoles), chance(0.5) ? permissions() : []);
}

/**
 * Sends one mutation as a random caller to a random target. Compares the outcome with the model, and checks what is written and the rights of a key
 * that it creates.
 */
async function tried(world: World, name: string, seed: number): Promise<Outcome> {
  const choices = choicesOf(seed);
  const caller = await callerOf(world, choices);
  const target = await targetOf(world, caller, choices);
  const { input, ...action } = await exampleOf(name).rights({ world, caller, target, choices });
  const isOfThePlatform = caller.account.tenantId === tenants.platform;
  const outcome = expected({ rights: caller.rights, isOfThePlatform }, action);
  const before = await world.written();
  const answer = await world.send(caller, name, input);
  const label = `${name}, seed ${seed}: ${caller.kind} of ${caller.scopes.join(" ")} of ${caller.account.permissions.join(" ")}`;
  expect(answer.outcome, label).toBe(outcome);
  if (outcome !== "DONE") expect(await world.written(), label).toBe(before);
  const key = answer.data?.["key"];
  if (typeof key === "string") {
    const { permissions = [] } = (await world.identityOf(key)) ?? {};
    for (const right of rightsOf(permissions)) expect(caller.rights, label).toContain(right);
  }
  return outcome;
}

/** Returns the number of trials by outcome, for each mutation. */
export async function tryAll(
  world: World,
  times: (name: string) => number,
  seed: number,
): Promise<Map<string, Map<Outcome, number>>> {
  const outcomes = new Map<string, Map<Outcome, number>>();
  for (const [at, name] of Object.keys(examples).entries()) {
    const ofThis = new Map<Outcome, number>();
    outcomes.set(name, ofThis);
    for (let time = 0; time < times(name); time += 1) {
      const outcome = await tried(world, name, seed + at * 1_000_003 + time);
      ofThis.set(outcome, (ofThis.get(outcome) ?? 0) + 1);
    }
  }
  return outcomes;
}
