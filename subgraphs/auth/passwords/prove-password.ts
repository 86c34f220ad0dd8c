import { countWrongTry, forgetWrongTries } from "#db/auth/sign-in-writes.ts";
import type { WriteTx } from "#db/client.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, refused } from "#subgraphs/use-case.ts";
import { type AuthServices, homeOf } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";
import { permitAccount } from "../credentials/escalation.ts";
import { loginKey, sourceOf, readSignInUser, queueKeyOf } from "../sign-in/attempt-keys.ts";
import { isPasswordText } from "./password-rules.ts";

/**
 * Proves that the caller may change their password or second factor. Refused when the credential lacks rights of the account, or the password is wrong. A
 * wrong password counts as a failed sign-in, and a right one resets the count.
 * @param field the input field that contains the password
 */
export async function provePassword(
  services: AuthServices,
  request: RequestContext,
  password: string,
  field: string,
): Promise<Outcome<true>> {
  const { hasher, limits } = services;
  const { identity } = request;
  const tenantId = homeOf(identity);
  const inHome = <Value>(change: (tx: WriteTx) => Promise<Outcome<Value>>) =>
    write(services, request, change, { tenantId });
  const account = await inHome((tx) => permitAccount(tx, identity, identity.id));
  if (account.kind === "refused") return account;
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
    if (mayTry && !isRight) await inHome(async (tx) => done(await countWrongTry(tx, source)));
    if (isRight && user && user.failedAttempts > 0)
      await inHome(async (tx) => done(await forgetWrongTries(tx, source)));
    return isRight ? done(true) : refused(userError("INVALID_CREDENTIALS", field));
  });
}
