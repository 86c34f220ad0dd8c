import type { Account } from "#db/auth/credentials.ts";
import { type SignInPlace, type SignInUser, signInUser } from "#db/auth/sign-in-writes.ts";
import { apiKeyHash, tokenHash } from "#lib/credentials.ts";
import { clientNetwork } from "#lib/ip-address.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type AuthServices, scopeOf } from "../services.ts";

/** The network that a request comes from; undefined for one of which nothing is known. */
export const networkOf = ({ client }: RequestContext): string | undefined => clientNetwork(client?.ipAddress ?? "");

/** Where a request is, for the counts of an account. */
export function placeOf(
  { pepper }: AuthServices,
  request: RequestContext,
  { tenantId, userId }: { tenantId: string; userId: string },
): SignInPlace {
  const network = networkOf(request);
  const addressHash = network === undefined ? null : apiKeyHash(pepper, `address ${tenantId} ${userId} ${network}`);
  return { userId, addressHash };
}

/** Who a try is for: one text for each account, and for each login that is nobody's. It is not what was typed, which may be a password. */
export const loginKey = (known: Pick<Account, "tenantId" | "userId"> | undefined, login: string): string =>
  known ? `${known.tenantId}:${known.userId}` : tokenHash(login.normalize("NFKC").toLowerCase());

/** The user as a try to sign in finds them. @param since when the try began, if it has waited for others */
export async function readSignInUser(
  { database }: AuthServices,
  request: RequestContext,
  { tenantId, place }: { tenantId: string; place: SignInPlace },
  since?: string,
): Promise<SignInUser | undefined> {
  const tx = database.read(scopeOf(request, tenantId));
  try {
    return await signInUser(tx, place, since);
  } finally {
    await tx.end();
  }
}

/** The key of the turns of those tries that are counted together. @param login its `loginKey` */
export const turnOf = (login: string, place: SignInPlace, user: SignInUser | undefined): string =>
  `${login} ${user?.isKnownAddress ? place.addressHash : "elsewhere"}`;
