import { randomUUID } from "node:crypto";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { onTenant } from "#tests/security/rights/trial.ts";
import type { MutationExamples } from "../example.ts";

export const tenantMutations: MutationExamples = {
  createTenant: {
    request: ({ operator }) => ({ input: { name: "made-at-once", quota: { maxVmCount: 3 } }, token: operator }),
    emits: ["tenant.created", "tenant_quota.created"],
    audits: "tenant.create",
    repeated: "NAME_TAKEN",
    refusals: {
      NAME_INVALID: ({ operator }) => ({ input: { name: "Not a name" }, token: operator }),
      QUOTA_INVALID: ({ operator }) => ({ input: { name: "new", quota: { maxVmCount: -1 } }, token: operator }),
    },
    rights: async () => onTenant("tenant:create", { name: `t${randomUUID().slice(0, 8)}` }),
  },
  updateTenant: {
    request: async (world) => ({
      input: { id: await world.tenant(), description: "changed" },
      token: world.operator,
    }),
    emits: ["tenant.updated"],
    audits: "tenant.update",
    repeated: "unchanged",
    refusals: {
      NAME_TAKEN: async (world) => ({ input: { id: await world.tenant(), name: "platform" }, token: world.operator }),
      TENANT_BUILT_IN: ({ operator }) => ({ input: { id: platformTenantId, name: "renamed" }, token: operator }),
    },
    ids: { id: "tenant" },
    rights: async ({ world }) => onTenant("tenant:update", { id: await world.tenant(), displayName: randomUUID() }),
  },
  setTenantQuota: {
    request: async (world) => ({
      input: { id: await world.tenant(), quota: { maxVmCount: 4 } },
      token: world.operator,
    }),
    emits: ["tenant_quota.created"],
    audits: "tenant.set_quota",
    repeated: "unchanged",
    refusals: {
      QUOTA_INVALID: async (world) => ({
        input: { id: await world.tenant(), quota: { maxMemoryBytes: 1 } },
        token: world.operator,
      }),
    },
    ids: { id: "tenant" },
    rights: async ({ world }) => onTenant("tenant:update", { id: await world.tenant(), quota: { maxVmCount: 7 } }),
  },
  disableTenant: {
    request: async (world) => ({ input: { id: await world.tenant() }, token: world.operator }),
    emits: ["tenant.updated"],
    audits: "tenant.disable",
    repeated: "unchanged",
    refusals: { TENANT_BUILT_IN: ({ operator }) => ({ input: { id: platformTenantId }, token: operator }) },
    ids: { id: "tenant" },
    rights: async ({ world }) => onTenant("tenant:update", { id: await world.tenant() }),
  },
  enableTenant: {
    request: async (world) => {
      const id = await world.tenant();
      await world.must("disableTenant", { id }, world.operator);
      return { input: { id }, token: world.operator };
    },
    emits: ["tenant.updated"],
    audits: "tenant.enable",
    repeated: "unchanged",
    ids: { id: "tenant" },
    rights: async ({ world }) => onTenant("tenant:update", { id: await world.tenant() }),
  },
};
