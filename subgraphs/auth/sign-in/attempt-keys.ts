import type { Account } from "#db/auth/credentials.ts";
import { type SignInSource, type SignInUser, signInUser } from "#db/auth/sign-in-writes.ts";
import { apiKeyHash, tokenHash } from "#lib/trust/credentials.ts";
import { clientNetwork } from "#lib/trust/ip-address.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { scopeOf } from "#subgraphs/use-case.ts";
import type { AuthServices } from "../services.ts";

/** Returns the network that a request comes from; undefined when it is not known. */
export const networkOf = ({ client }: RequestContext): string | undefined => clientNetwork(client?.ipAddress ?? "");

/** Returns the account and the address of a request, by which failed sign-ins are counted. */
export function sourceOf(
  { pepper }: AuthServices,
  request: RequestContext,
  { tenantId, userId }: { tenantId: string; userId: string },
): SignInSource {
  const network = networkOf(request);
  const addressHash = network === undefined ? null : apiKeyHash(pepper, `address ${tenantId} ${userId} ${network}`);
  return { userId, addressHash };
}

/** Returns the key of an attempt: one for each account, and one for each login without an account. It is not the text typed, which may be a password. */
export const loginKey = (known: Pick<Account, "tenantId" | "userId"> | undefined, login: string): string =>
  known ? `${known.tenantId}:${known.userId}` : tokenHash(login.normalize("NFKC").toLowerCase());

/** Reads the user for a sign-in attempt. @param since when the attempt began, if it has waited for others */
export async function readSignInUser(
  { database }: AuthServices,
  request: RequestContext,
  { tenantId, source }: { tenantId: string; source: SignInSource },
  since?: string,
): Promise<SignInUser | undefined> {
  const tx = database.read(scopeOf(request, tenantId));
  try {
    return await signInUser(tx, source, since);
  } finally {
    await tx.end();
  }
}

/** Returns the key under which attempts that share a count take turns. @param login the attempt's `loginKey` */
export const queueKeyOf = (login: string, source: SignInSource, user: SignInUser | undefined): string =>
  `${login} ${user?.isKnownAddress ? source.addressHash : "elsewhere"}`;
