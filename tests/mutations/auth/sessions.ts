import { across, actsIn, isOwn, ofAnother } from "#tests/security/rights/trial.ts";
import type { MutationExamples } from "../example.ts";

export const sessionMutations: MutationExamples = {
  revokeUserSessions: {
    request: async (world) => ({ input: { userId: (await world.session()).user.id } }),
    emits: ["user_session.updated"],
    audits: "session.revoke_all",
    repeated: "unchanged",
    ids: { userId: "user" },
    rights: async ({ caller, target }) => ({
      input: { userId: target.id },
      ...ofAnother(caller, target, "session:revoke"),
      rights: across(caller, target.tenantId, target.permissions),
    }),
  },
  revokeSession: {
    request: async (world) => ({ input: { id: (await world.session()).sessionId } }),
    emits: ["user_session.updated"],
    audits: "session.revoke",
    repeated: "unchanged",
    ids: { id: "userSession" },
    rights: async ({ world, caller, target, choices }) => {
      const isOwnCredential = caller.kind === "session" && isOwn(caller, target) && choices.chance(0.3);
      const { id, tenantId } = isOwnCredential ? caller : await world.session(target, actsIn(target, choices));
      return {
        input: { id },
        ...ofAnother(caller, target, "session:revoke", true),
        isOwnCredential,
        rights: across(caller, tenantId, target.permissions),
      };
    },
  },
  createConnectionTicket: {
    request: () => ({}),
    emits: [],
    audits: null,
    repeated: "again",
    rights: async ({ caller }) => ({ isOwnCredential: true, rights: caller.rights }),
  },
  signOut: {
    request: async (world) => ({ token: (await world.session()).token }),
    emits: ["user_session.updated"],
    audits: "user.sign_out",
    repeated: "UNAUTHENTICATED",
    atOnce: { atLeast: 1, otherwise: ["UNAUTHENTICATED"] },
    rights: async ({ caller }) => ({ isOwnCredential: true, rights: caller.rights }),
  },
};
