import { found, validId } from "#lib/arguments.ts";
import type { UserError } from "#lib/user-errors.ts";
import type { AuthContext } from "../context.ts";
import { changeGrant } from "../roles/roles.ts";

/** What `grantRole` and `revokeRole` do: the one gives, the other takes. */
export async function changeRoleGrant(
  what: "grant" | "revoke",
  input: { userId: string; roleId: string },
  context: AuthContext,
) {
  const { loaders, services, request } = context;
  const userId = validId(input.userId, "input.userId");
  const [user, role] = await Promise.all([
    loaders.userById.load(userId),
    loaders.roleById.load(validId(input.roleId, "input.roleId")),
  ]);
  found(user, "user");
  const userErrors: UserError[] = await changeGrant(services, request, what, found(role, "role"), userId);
  if (userErrors.length > 0) return { user: null, userErrors };
  context.written();
  return { user: await context.loaders.userById.load(userId), userErrors };
}
