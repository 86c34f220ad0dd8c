import { takeAttempt } from "#db/auth/sign-in-writes.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type AuthServices, homeOf, scopeOf } from "../services.ts";
import { isPasswordText } from "./password-rules.ts";

/** Whether the caller knows his password. Each try counts as one to sign in, until whoever asked ends the count. */
export async function provesPassword(
  { database, hasher }: AuthServices,
  request: RequestContext,
  password: string,
): Promise<boolean> {
  const { identity } = request;
  const user = await database.write(scopeOf(request, homeOf(identity)), (tx) => takeAttempt(tx, identity.id));
  return hasher.verify(user?.passwordHash, isPasswordText(password) ? password : "");
}
