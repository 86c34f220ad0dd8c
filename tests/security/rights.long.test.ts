import { afterAll, beforeAll, expect, it } from "vitest";
import { extent, seed } from "#tests/harness/extent.ts";
import { serviceMutations } from "#tests/mutations/auth/services.ts";
import { exampleOf } from "#tests/mutations/examples.ts";
import { allocationMutations } from "#tests/mutations/scheduler/allocations.ts";
import { policyMutations } from "#tests/mutations/scheduler/policies.ts";
import { lifecycleMutations } from "#tests/mutations/vms/lifecycle.ts";
import { operationMutations } from "#tests/mutations/vms/operations.ts";
import { slotMutations } from "#tests/mutations/vms/slots.ts";
import { vmMutations } from "#tests/mutations/vms/vms.ts";
import { race } from "./rights/races.ts";
import { tryAll } from "./rights/trials.ts";
import { World } from "./rights/world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const [trials, trialsWithPassword, batches] = [extent(100, 250), 40, extent(60, 200)];
/** Mutations that give no rights, or that are for services. */
const neverExceeds = new Set([
  ..."signIn signOut createConnectionTicket resetPassword createTenant updateTenant disableTenant enableTenant setTenantQuota".split(
    " ",
  ),
  ...Object.keys({ ...serviceMutations, ...operationMutations, ...slotMutations, ...allocationMutations }),
  ...Object.keys({ ...lifecycleMutations, ...vmMutations, ...policyMutations }),
]);

it(`case G37, G38: with NOVACRON_SEED=${seed}, no credential gives more than its own rights, in some thousand trials`, async () => {
  const outcomes = await tryAll(world, (name) => (exampleOf(name).hashes ? trialsWithPassword : trials), seed);
  for (const [name, each] of outcomes) {
    if (neverExceeds.has(name)) continue;
    expect([...each.keys()], name).toEqual(expect.arrayContaining(["DONE", "SCOPE_EXCEEDS_RIGHTS"]));
  }
});

it(`case G37, G38: with NOVACRON_SEED=${seed}, no credential does so while others give the target more`, async () => {
  for (let batch = 0; batch < batches; batch += 1)
    await Promise.all([1, 2, 3, 4, 5, 6].map((each) => race(world, seed + batch * 10 + each)));
});
