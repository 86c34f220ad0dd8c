import { createHash, randomUUID } from "node:crypto";
import { newPassword, onAccount, onOwnAccount } from "#tests/security/rights/trial.ts";
import { password } from "#tests/security/rights/world.ts";
import type { MutationExamples } from "../example.ts";
import { refusedProof } from "./refused-proof.ts";

const another = "another long enough one";

export const passwordMutations: MutationExamples = {
  createPasswordReset: {
    request: async (world) => ({ input: { userId: (await world.newUser()).id } }),
    emits: [],
    audits: "user.create_password_reset",
    repeated: "again",
    ids: { userId: "user" },
    rights: async (trial) => onAccount(trial, "user:update", { userId: trial.target.id }),
  },
  changePassword: {
    request: async (world) => {
      const { token, user } = await world.session();
      return { input: { currentPassword: user.password, newPassword: another }, token };
    },
    emits: ["user.updated", "user_session.updated", "user_session.created"],
    audits: "user.change_password",
    repeated: "UNAUTHENTICATED",
    atOnce: { atLeast: 1, otherwise: refusedProof },
    refusals: {
      INVALID_CREDENTIALS: async (world) => ({
        input: { currentPassword: "not the password", newPassword: another },
        token: await world.sessionToken(),
      }),
      PASSWORD_TOO_LONG: async (world) => ({
        input: { currentPassword: "not the password", newPassword: "x".repeat(257) },
        token: await world.sessionToken(),
      }),
      PASSWORD_TOO_WEAK: async (world) => ({
        input: { currentPassword: "not the password", newPassword: "short" },
        token: await world.sessionToken(),
      }),
    },
    rights: async ({ caller }) => ({
      input: { currentPassword: password, newPassword: newPassword() },
      ...onOwnAccount(caller),
    }),
    hashes: true,
  },
  signIn: {
    request: async (world) => {
      const { email: login, password: correct } = await world.newUser();
      return { input: { login, password: correct }, token: "" };
    },
    emits: ["user_session.created"],
    audits: "user.sign_in",
    repeated: "again",
    atOnce: { atLeast: 1, otherwise: [...refusedProof, "RATE_LIMITED"] },
    refusals: {
      INVALID_CREDENTIALS: ({ person }) => ({ input: { login: person.email, password: "not it" }, token: "" }),
      MFA_REQUIRED: async (world) => {
        const { user } = await world.enrolled();
        return { input: { login: user.email, password: user.password }, token: "" };
      },
      TENANT_UNKNOWN: async (world) => {
        const { email: login, password: correct } = await world.newUser();
        return { input: { login, password: correct, tenantId: world.otherTenantId }, token: "" };
      },
    },
    ids: { tenantId: null },
    rights: async ({ target }) => ({
      input: { login: target.username, password },
      isOwnCredential: true,
      rights: target.rights,
    }),
    hashes: true,
  },
  resetPassword: {
    request: async (world) => {
      const { id: userId, email: login } = await world.newUser();
      const { code } = await world.must("createPasswordReset", { userId });
      return { input: { login, code, newPassword: another }, token: "" };
    },
    emits: ["user.updated"],
    audits: "user.reset_password",
    repeated: "RESET_CODE_INVALID",
    rights: async ({ world, target }) => {
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
    hashes: true,
  },
};
