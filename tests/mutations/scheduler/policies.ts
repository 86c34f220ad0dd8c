import { randomUUID } from "node:crypto";
import { rightsOf } from "#tests/security/rights/model.ts";
import type { Trial } from "#tests/security/rights/trial.ts";
import type { MutationExamples } from "../example.ts";
import { insertPolicy } from "../policy-row.ts";
import type { Sent, World } from "../world.ts";

const rules = [{ type: "antiAffinity", scope: "host", tags: { app: "web" } }];
const invalid = { rules: [{ type: "spread", scope: "zone", tags: {}, maxSkew: 0 }] };

const onPolicy = async ({ world, caller, target: { tenantId } }: Trial, verb: string, more: object = {}) => ({
  input: { id: await insertPolicy(world.product.urls, tenantId), ...more },
  needs: `scheduling:${verb}`,
  isForeign: tenantId !== caller.tenantId,
  rights: rightsOf([]),
});

async function policy(world: World, more: object = {}): Promise<string> {
  const made = await world.must("createSchedulingPolicy", { name: randomUUID(), rules, ...more });
  return made.schedulingPolicy.id as string;
}

const read = (world: World, { input }: Sent) =>
  world.read("schedulingPolicy", input?.["id"], "name description enabled");

export const policyMutations: MutationExamples = {
  createSchedulingPolicy: {
    request: () => ({ input: { name: "keep web apart", rules } }),
    emits: ["scheduling_policy.created"],
    audits: null,
    repeated: "NAME_TAKEN",
    refusals: {
      NAME_INVALID: () => ({ input: { name: " ", rules } }),
      RULES_INVALID: () => ({ input: { name: "invalid", ...invalid } }),
    },
    rights: async () => ({ input: { name: randomUUID(), rules }, needs: "scheduling:create", rights: rightsOf([]) }),
  },
  updateSchedulingPolicy: {
    request: async (world) => ({ input: { id: await policy(world), description: "changed" } }),
    effect: async (world, sent) => (await read(world, sent)).description === "changed",
    emits: ["scheduling_policy.updated"],
    audits: null,
    repeated: "unchanged",
    refusals: {
      NAME_TAKEN: async (world) => {
        const name = randomUUID();
        await policy(world, { name });
        return { input: { id: await policy(world), name } };
      },
      RULES_INVALID: async (world) => ({ input: { id: await policy(world), ...invalid } }),
      VERSION_CONFLICT: async (world) => ({ input: { id: await policy(world), priority: 1, expectedVersion: 7 } }),
    },
    ids: { id: "schedulingPolicy" },
    rights: (trial) => onPolicy(trial, "update", { priority: 3 }),
  },
  enableSchedulingPolicy: {
    request: async (world) => ({ input: { id: await policy(world, { enabled: false }) } }),
    effect: async (world, sent) => (await read(world, sent)).enabled === true,
    emits: ["scheduling_policy.updated"],
    audits: null,
    repeated: "unchanged",
    ids: { id: "schedulingPolicy" },
    rights: (trial) => onPolicy(trial, "update"),
  },
  disableSchedulingPolicy: {
    request: async (world) => ({ input: { id: await policy(world) } }),
    effect: async (world, sent) => (await read(world, sent)).enabled === false,
    emits: ["scheduling_policy.updated"],
    audits: null,
    repeated: "unchanged",
    ids: { id: "schedulingPolicy" },
    rights: (trial) => onPolicy(trial, "update"),
  },
  deleteSchedulingPolicy: {
    request: async (world) => ({ input: { id: await policy(world) } }),
    emits: ["scheduling_policy.deleted"],
    audits: null,
    repeated: "NOT_FOUND",
    ids: { id: "schedulingPolicy" },
    rights: (trial) => onPolicy(trial, "delete"),
  },
};
