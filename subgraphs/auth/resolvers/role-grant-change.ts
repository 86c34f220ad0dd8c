import { found, validId } from "#lib/graphql/arguments.ts";
import type { UserError } from "#lib/graphql/user-errors.ts";
import type { AuthContext } from "../context.ts";
import { changeGrant } from "../roles/roles.ts";

/** Implements `grantRole` and `revokeRole`. */
export async function changeRoleGrant(
  what: "grant" | "revoke",
  input: { userId: string; roleId: string },
  context: AuthContext,
) {
  const userId = validId(input.userId, "input.userId");
  const roleId = validId(input.roleId, "input.roleId");
  const errors = await changeGrant(context.services, context.request, what, roleId, userId);
  const userErrors: UserError[] = found(errors, "user or role");
  if (userErrors.length > 0) return { user: null, userErrors };
  context.written();
  return { user: await context.loaders.User.load(userId), userErrors };
}
