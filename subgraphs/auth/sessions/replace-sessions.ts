import type { PermittedAccount } from "#db/auth/permitted.ts";
import { endSessionsOf, insertSession } from "#db/auth/session-writes.ts";
import type { PublicUserSessionRow } from "#db/auth/user-sessions.ts";
import type { WriteTx } from "#db/client.ts";
import { newSessionToken, tokenHash } from "#lib/trust/credentials.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { sessionLifetime } from "../sign-in/sign-in.ts";

/** The session that replaces the one that a request was sent with. Both fields are null when the request was sent with no session. */
export interface Replacement {
  token: string | null;
  session: PublicUserSessionRow | null;
}

/**
 * Ends all of the caller's sessions, and replaces the one that the request was sent with by a session with a new token. A token that was stolen before
 * the password or the second factor changed is void from that moment.
 * @param userId the caller's account
 */
export async function replaceSessions(
  tx: WriteTx,
  { identity, client }: RequestContext,
  userId: PermittedAccount,
): Promise<Replacement> {
  await endSessionsOf(tx, userId, null);
  if (identity.credential?.kind !== "session") return { token: null, session: null };
  const token = newSessionToken();
  const session = await insertSession(tx, {
    userId,
    tokenHash: tokenHash(token),
    lifetime: sessionLifetime,
    actsInTenantId: identity.userTenantId === undefined ? null : identity.tenantId,
    ipAddress: client?.ipAddress ?? null,
    userAgent: client?.userAgent ?? null,
  });
  return { token, session };
}
