import type { RoleRow } from "#db/auth/schema/roles.ts";
import { roleEntity } from "#db/auth/roles.ts";
import { isUuid } from "#lib/uuid.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { createRole, deleteRole, grantRole, revokeRole, updateRole } from "#subgraphs/auth/roles/roles.ts";
import {
  authCommand,
  type AuthOptions,
  type CommandContext,
  listOption,
  ofUser,
  type UserOptions,
} from "./auth-command.ts";
import { accountNamed, entriesOf, hint, pageIn, tenantOf } from "./lookups.ts";
import { done, problem } from "./problem.ts";

interface RoleOptions extends AuthOptions {
  tenant: string;
}

/** Adds `novacron role create|update|delete|grant|revoke|list`. */
export function addRoleCommand(context: CommandContext): void {
  const {
    sub: plain,
    run,
    list,
  } = authCommand(context, "role", "make roles of a tenant's own, and give and take roles");
  const sub = (usage: string, does: string) =>
    plain(usage, does).option("--tenant <name>", "the tenant that the role belongs to", "platform");

  sub("create <name>", "make a role")
    .requiredOption("--permissions <list>", "what its holders may do: `vm:read,alert:*`", listOption)
    .option("--description <text>", "what the role is for")
    .action((name: string, options: RoleOptions & { permissions: string[]; description?: string }) =>
      run(options, async ({ services, inTenant }) => {
        const { permissions, description } = options;
        const request = inTenant(await tenantOf(services, options.tenant));
        return shown(done(await createRole(services, request, { name, description, permissions })).role);
      }),
    );
  sub("update <role>", "change a role, for all users who have it; omitted options stay unchanged")
    .option("--name <name>", "its name")
    .option("--permissions <list>", "everything that its holders may do", listOption)
    .option("--description <text>", "what the role is for")
    .action((name: string, options: RoleOptions & { name?: string; permissions?: string[]; description?: string }) =>
      run(options, async ({ services, inTenant }) => {
        const tenantId = await tenantOf(services, options.tenant);
        const { id } = await roleNamed(services, tenantId, name, options.tenant);
        const { name: newName, description, permissions } = options;
        const change = { id, name: newName, description, permissions };
        return shown(done(await updateRole(services, inTenant(tenantId), change)).role);
      }),
    );
  sub("delete <role>", "remove a role, and take it from all users who have it").action(
    (name: string, options: RoleOptions) =>
      run(options, async ({ services, inTenant }) => {
        const tenantId = await tenantOf(services, options.tenant);
        const { id } = await roleNamed(services, tenantId, name, options.tenant);
        return shown(done(await deleteRole(services, inTenant(tenantId), { id })).role);
      }),
  );
  for (const [verb, change, does] of [
    ["grant", grantRole, "give a user a role in addition to the default one"],
    ["revoke", revokeRole, "take a role from a user"],
  ] as const) {
    ofUser(plain(`${verb} <login> <role>`, does)).action((login: string, name: string, options: UserOptions) =>
      run(options, async ({ services, inTenant }) => {
        const { tenantId, userId, username } = await accountNamed(services, login, options.tenant);
        const role = await roleNamed(services, tenantId, name);
        done(await change(services, inTenant(tenantId), { userId, roleId: role.id }));
        return { username, role: role.name };
      }),
    );
  }
  sub("list", "print a tenant's own roles and the built-in ones").action((options: RoleOptions) =>
    list(options, async ({ services }) => {
      const tenantId = await tenantOf(services, options.tenant);
      const entries = await entriesOf((args) => pageIn(services, tenantId, roleEntity.list, args));
      return { columns: ["name", "id", "isBuiltIn", "permissions", "description"], entries: entries.map(shown) };
    }),
  );
}

/** Returns the tenant's own role of this name or id, or otherwise the built-in one. @throws Error ROLE_UNKNOWN */
async function roleNamed(services: AuthServices, tenantId: string, name: string, tenant = tenantId): Promise<RoleRow> {
  const filter = isUuid(name) ? { id: [name] } : { name: [name] };
  const roles = (await pageIn(services, tenantId, roleEntity.list, { filter })).edges.map(({ node }) => node);
  const role = roles.find((each) => each.tenantId === tenantId) ?? roles[0];
  if (!role)
    throw problem({
      code: "ROLE_UNKNOWN",
      message: `There is no role ${name} in the tenant ${tenant}.${hint("role list", tenant)}`,
    });
  return role;
}

const shown = ({ id, name, tenantId, permissions, description }: RoleRow) => ({
  name,
  id,
  isBuiltIn: tenantId === null,
  permissions,
  description,
});
