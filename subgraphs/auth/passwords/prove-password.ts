import { countWrongTry, forgetWrongTries } from "#db/auth/sign-in-writes.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type AuthServices, homeOf, scopeOf } from "../services.ts";
import { loginKey, placeOf, readSignInUser, turnOf } from "../sign-in/place.ts";
import { isPasswordText } from "./password-rules.ts";

/** Whether the caller knows their password. A wrong one counts as one to sign in, a right one ends the count. */
export async function provesPassword(
  services: AuthServices,
  request: RequestContext,
  password: string,
): Promise<boolean> {
  const { database, hasher, limits } = services;
  const { identity } = request;
  const tenantId = homeOf(identity);
  const place = placeOf(services, request, { tenantId, userId: identity.id });
  const read = (since?: string) => readSignInUser(services, request, { tenantId, place }, since);
  const before = await read();
  const login = loginKey({ tenantId, userId: identity.id }, "");
  return limits.ofAccount(turnOf(login, place, before), async () => {
    const user = await read(before?.readAt);
    const mayTry = user && !user.isLocked;
    const isRight = await hasher.verify(
      mayTry ? user.passwordHash : undefined,
      isPasswordText(password) ? password : "",
    );
    if (mayTry && !isRight) await database.write(scopeOf(request, tenantId), (tx) => countWrongTry(tx, place));
    if (isRight && user && user.failedAttempts > 0)
      await database.write(scopeOf(request, tenantId), (tx) => forgetWrongTries(tx, place));
    return isRight;
  });
}
