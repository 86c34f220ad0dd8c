import { rightsOf } from "#tests/security/rights/model.ts";
import type { MutationExamples } from "../example.ts";

/** Mutations that only services may send. */
export const serviceMutations: MutationExamples = {
  redeemConnectionTicket: {
    request: async (world) => {
      const { ticket } = await world.must("createConnectionTicket");
      return { input: { ticket } };
    },
    emits: [],
    audits: null,
    repeated: "NOTHING",
    rights: async () => ({ input: { ticket: "a ticket" }, isForServices: true, rights: rightsOf([]) }),
  },
  recordDenial: {
    request: ({ person: { id: userId, username }, tenantId }) => ({
      input: { userId, username, tenantId, userTenantId: tenantId, permissions: ["vm:delete"] },
    }),
    emits: [],
    audits: "access.denied",
    repeated: "again",
    ids: { userId: null, tenantId: null, userTenantId: null },
    rights: async ({ target: { id: userId, username, tenantId } }) => ({
      input: { userId, username, userTenantId: tenantId, tenantId, permissions: [] },
      isForServices: true,
      rights: rightsOf([]),
    }),
  },
};
