import { randomUUID } from "node:crypto";
import { rightsOf } from "#tests/security/rights/model.ts";
import { isOwn, onAccount } from "#tests/security/rights/trial.ts";
import { type DefaultRole } from "#tests/security/rights/world.ts";
import type { MutationExamples } from "../example.ts";

const defaultRoles: readonly DefaultRole[] = ["admin", "operator", "user", "viewer"];
const newUser = { username: "made.at.once", email: "made.at.once@example.org" };

export const userMutations: MutationExamples = {
  createUser: {
    request: () => ({ input: newUser }),
    emits: ["user.created"],
    audits: "user.create",
    repeated: "NAME_TAKEN",
    refusals: {
      EMAIL_INVALID: () => ({ input: { ...newUser, email: "nobody" } }),
      NAME_INVALID: () => ({ input: { ...newUser, username: "-" } }),
      PASSWORD_TOO_LONG: () => ({ input: { ...newUser, password: "x".repeat(257) } }),
      PASSWORD_TOO_WEAK: () => ({ input: { ...newUser, password: "short" } }),
    },
    rights: async ({ world, choices }) => {
      const role = choices.some(defaultRoles);
      const username = `made-${randomUUID()}`;
      const input = { username, email: `${username}@example.org`, role: role.toUpperCase() };
      return { input, needs: "user:create", rights: rightsOf(world.permissionsOf(role)) };
    },
    hashes: true,
  },
  setUserRole: {
    request: async (world) => ({ input: { id: (await world.newUser()).id, role: "OPERATOR" } }),
    effect: async (world, { input }) => (await world.read("user", input?.["id"], "role")).role === "OPERATOR",
    emits: ["user.updated"],
    audits: "user.set_role",
    repeated: "unchanged",
    refusals: {
      LAST_ADMINISTRATOR: ({ lastAdministrator: { id, token } }) => ({ input: { id, role: "VIEWER" }, token }),
    },
    ids: { id: "user" },
    rights: async (trial) => {
      const role = trial.choices.some(defaultRoles);
      const input = { id: trial.target.id, role: role.toUpperCase() };
      return onAccount(trial, "user:update", input, trial.world.permissionsOf(role));
    },
  },
  disableUser: {
    request: async (world) => ({ input: { id: (await world.newUser()).id } }),
    effect: async (world, { input }) => !(await world.canSignIn(input?.["id"])),
    // A session of the user, which the effect began, ends.
    emits: ["user.updated", "user_session.updated"],
    audits: "user.disable",
    repeated: "unchanged",
    refusals: {
      LAST_ADMINISTRATOR: ({ lastAdministrator: { id, token } }) => ({ input: { id }, token }),
    },
    ids: { id: "user" },
    rights: async (trial) => onAccount(trial, "user:update", { id: trial.target.id }),
  },
  unlockUser: {
    request: async (world) => {
      const { id, email: login } = await world.newUser();
      await world.send("signIn", { input: { login, password: "not the password" }, token: "" });
      return { input: { id } };
    },
    effect: async (world, { input }) =>
      (await world.read("user", input?.["id"], "failedLoginAttempts")).failedLoginAttempts === 0,
    emits: ["user.updated"],
    audits: "user.unlock",
    repeated: "unchanged",
    ids: { id: "user" },
    rights: async (trial) => {
      await trial.world.sql`update users set failed_login_attempts = 3 where id = ${trial.target.id}`;
      return onAccount(trial, "user:update", { id: trial.target.id });
    },
  },
  enableUser: {
    request: async (world) => {
      const { id } = await world.newUser();
      await world.must("disableUser", { id });
      return { input: { id } };
    },
    effect: async (world, { input }) => world.canSignIn(input?.["id"]),
    emits: ["user.updated"],
    audits: "user.enable",
    repeated: "unchanged",
    ids: { id: "user" },
    rights: async (trial) => {
      const { world, caller } = trial;
      const target = isOwn(caller, trial.target) ? await world.account(caller.tenantId, "user") : trial.target;
      await world.sql`update users set disabled_at = now() where id = ${target.id}`;
      return onAccount({ ...trial, target }, "user:update", { id: target.id });
    },
  },
};
