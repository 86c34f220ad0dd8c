import { randomUUID } from "node:crypto";
import { rightsOf } from "#tests/security/rights/model.ts";
import { onAccount, onRole } from "#tests/security/rights/trial.ts";
import type { MutationExamples } from "../example.ts";
import type { Sent, World } from "../world.ts";

export const roleMutations: MutationExamples = {
  createRole: {
    request: () => ({ input: { name: "made at once", permissions: ["vm:read"] } }),
    emits: ["role.created"],
    audits: "role.create",
    repeated: "NAME_TAKEN",
    refusals: {
      NAME_INVALID: () => ({ input: { name: " ", permissions: [] } }),
      PERMISSION_INVALID: () => ({ input: { name: "new", permissions: ["vm"] } }),
    },
    rights: async ({ choices }) => {
      const permissions = choices.permissions();
      return { input: { name: randomUUID(), permissions }, needs: "role:create", rights: rightsOf(permissions) };
    },
  },
  updateRole: {
    request: async (world) => ({ input: { id: await world.role(), description: "changed" } }),
    effect: async (world, { input }) =>
      (await world.read("role", input?.["id"], "description")).description === "changed",
    emits: ["role.updated"],
    audits: "role.update",
    repeated: "unchanged",
    refusals: { ROLE_BUILT_IN: (world) => ({ input: { id: world.builtInRole, name: "changed" } }) },
    ids: { id: "role" },
    rights: async (trial) => {
      const permissions = trial.choices.permissions();
      const more = trial.choices.chance(0.3) ? { name: randomUUID() } : { permissions };
      return onRole(trial, "role:update", more, "permissions" in more ? permissions : []);
    },
  },
  deleteRole: {
    request: async (world) => ({ input: { id: await world.role() } }),
    emits: ["role.deleted"],
    audits: "role.delete",
    repeated: "NOT_FOUND",
    refusals: { ROLE_BUILT_IN: (world) => ({ input: { id: world.builtInRole } }) },
    ids: { id: "role" },
    rights: async (trial) => onRole(trial, "role:delete"),
  },
  grantRole: {
    request: async (world) => ({ input: { userId: world.person.id, roleId: await world.role() } }),
    effect: hasRole,
    emits: ["role_grant.created"],
    audits: "role.grant",
    repeated: "unchanged",
    ids: { userId: "user", roleId: "role" },
    rights: async (trial) => {
      const permissions = trial.choices.permissions();
      const roleId = await trial.world.role(trial.caller.tenantId, permissions);
      return onAccount(trial, "role:grant", { userId: trial.target.id, roleId }, permissions);
    },
  },
  revokeRole: {
    request: async (world) => {
      const input = { userId: world.person.id, roleId: await world.role() };
      await world.must("grantRole", input);
      return { input };
    },
    effect: async (world, sent) => !(await hasRole(world, sent)),
    emits: ["role_grant.deleted"],
    audits: "role.revoke",
    repeated: "unchanged",
    ids: { userId: "user", roleId: "role" },
    rights: async (trial) => {
      const roleId = await trial.world.role(trial.target.tenantId, ["vm:read"]);
      await trial.world.grant(trial.target, roleId);
      return onAccount(trial, "role:grant", { userId: trial.target.id, roleId }, ["vm:read"]);
    },
  },
};

async function hasRole(world: World, { input }: Sent): Promise<boolean> {
  const { roles } = await world.read("user", input?.["userId"], "roles { role { id } }");
  return (roles as { role: { id: string } }[]).some(({ role }) => role.id === input?.["roleId"]);
}
