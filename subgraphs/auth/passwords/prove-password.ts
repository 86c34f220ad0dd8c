import { countWrongTry, forgetWrongTries } from "#db/auth/sign-in-writes.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/graphql/user-errors.ts";
import { type AuthServices, homeOf, scopeOf } from "../services.ts";
import { permitAccount } from "../credentials/escalation.ts";
import { loginKey, sourceOf, readSignInUser, queueKeyOf } from "../sign-in/attempt-keys.ts";
import { isPasswordText } from "./password-rules.ts";

/**
 * Resolves with the error when the caller may not change their password or second factor: the credential lacks rights of the account, or the password
 * is wrong. A wrong password counts as a failed sign-in, and a right one resets the count.
 * @param field the input field that contains the password
 */
export async function refusalOfPassword(
  services: AuthServices,
  request: RequestContext,
  password: string,
  field: string,
): Promise<UserError | undefined> {
  const { database, hasher, limits } = services;
  const { identity } = request;
  const tenantId = homeOf(identity);
  const account = await database.write(scopeOf(request, tenantId), (tx) => permitAccount(tx, identity, identity.id));
  if (isUserError(account)) return account;
  const source = sourceOf(services, request, { tenantId, userId: identity.id });
  const read = (since?: string) => readSignInUser(services, request, { tenantId, source }, since);
  const before = await read();
  const login = loginKey({ tenantId, userId: identity.id }, "");
  return limits.ofAccount(queueKeyOf(login, source, before), async () => {
    const user = await read(before?.readAt);
    const mayTry = user && !user.isLocked;
    const isRight = await hasher.verify(
      mayTry ? user.passwordHash : undefined,
      isPasswordText(password) ? password : "",
    );
    if (mayTry && !isRight) await database.write(scopeOf(request, tenantId), (tx) => countWrongTry(tx, source));
    if (isRight && user && user.failedAttempts > 0)
      await database.write(scopeOf(request, tenantId), (tx) => forgetWrongTries(tx, source));
    return isRight ? undefined : userError("INVALID_CREDENTIALS", undefined, field);
  });
}
