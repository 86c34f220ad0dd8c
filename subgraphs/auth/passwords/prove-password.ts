import { takeAttempt } from "#db/auth/sign-in-writes.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/user-errors.ts";
import { type AuthServices, homeOf, scopeOf } from "../services.ts";
import { permitAccount } from "../credentials/escalation.ts";
import { isPasswordText } from "./password-rules.ts";

/**
 * Why the caller may not change what proves who they are: the credential has not all rights of the account, or the password is wrong. Each try
 * counts as one to sign in, until the count is ended.
 * @param field the input field that the password came in
 */
export async function refusalOfPassword(
  { database, hasher }: AuthServices,
  request: RequestContext,
  password: string,
  field: string,
): Promise<UserError | undefined> {
  const { identity } = request;
  const user = await database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const account = await permitAccount(tx, identity, identity.id);
    return isUserError(account) ? account : takeAttempt(tx, identity.id);
  });
  if (isUserError(user)) return user;
  const isRight = await hasher.verify(user?.passwordHash, isPasswordText(password) ? password : "");
  return isRight ? undefined : userError("INVALID_CREDENTIALS", undefined, field);
}
