import { onOwnAccount } from "#tests/security/rights/trial.ts";
import { password } from "#tests/security/rights/world.ts";
import type { MutationExamples } from "../example.ts";
import { refusedProof } from "./refused-proof.ts";

export const totpMutations: MutationExamples = {
  beginTotp: {
    request: async (world) => {
      const { token, user } = await world.session();
      return { input: { password: user.password }, token };
    },
    emits: [],
    audits: null,
    repeated: "again",
    atOnce: { atLeast: 1, otherwise: refusedProof },
    refusals: {
      INVALID_CREDENTIALS: async (world) => ({
        input: { password: "not the password" },
        token: await world.sessionToken(),
      }),
      MFA_IN_USE: async (world) => {
        const { token, user } = await world.enrolled();
        return { input: { password: user.password }, token };
      },
    },
    rights: async ({ caller }) => ({ input: { password }, ...onOwnAccount(caller) }),
    hashes: true,
  },
  confirmTotp: {
    request: async (world) => {
      const { token, code } = await world.begunTotp();
      return { input: { code }, token };
    },
    emits: ["user_session.updated", "user_session.created"],
    audits: "user.enable_mfa",
    repeated: "UNAUTHENTICATED",
    atOnce: { atLeast: 1, atMost: 1, otherwise: [...refusedProof, "MFA_IN_USE"] },
    refusals: {
      MFA_CODE_INVALID: async (world) => ({ input: { code: "not a code" }, token: (await world.begunTotp()).token }),
      MFA_NOT_STARTED: async (world) => ({ input: { code: "123456" }, token: await world.sessionToken() }),
    },
    rights: async ({ world, caller }) => ({
      input: { code: await world.secondFactor(caller.account, false) },
      ...onOwnAccount(caller),
    }),
  },
  regenerateRecoveryCodes: {
    request: async (world) => {
      const { token, user, recoveryCodes } = await world.enrolled();
      return { input: { password: user.password, code: recoveryCodes[0] }, token };
    },
    emits: [],
    audits: "user.regenerate_recovery_codes",
    repeated: "MFA_CODE_INVALID",
    atOnce: { atLeast: 1, atMost: 1, otherwise: refusedProof },
    rights: async ({ world, caller }) => ({
      input: { password, code: await world.secondFactor(caller.account, true) },
      ...onOwnAccount(caller),
    }),
    hashes: true,
  },
  disableTotp: {
    request: async (world) => {
      const { token, user, recoveryCodes } = await world.enrolled();
      return { input: { password: user.password, code: recoveryCodes[0] }, token };
    },
    emits: ["user_session.updated", "user_session.created"],
    audits: "user.disable_mfa",
    repeated: "UNAUTHENTICATED",
    atOnce: { atLeast: 1, atMost: 1, otherwise: [...refusedProof, "MFA_NOT_STARTED"] },
    rights: async ({ world, caller }) => ({
      input: { password, code: await world.secondFactor(caller.account, true) },
      ...onOwnAccount(caller),
    }),
    hashes: true,
  },
};
