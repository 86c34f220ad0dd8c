import { recordAudit } from "#db/auth/audit-writes.ts";
import { endSession, endSessionsOf } from "#db/auth/session-writes.ts";
import type { PublicUserSessionRow } from "#db/auth/user-sessions.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { isUserError } from "#lib/graphql/user-errors.ts";
import { inEitherTenant, type Judged, permitAccount, permitSession } from "../credentials/escalation.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";

/** Ends a session; undefined when none is visible. The caller's own sessions need no permission, other users' sessions need `session:revoke`. */
export async function revokeSession(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
  action: "session.revoke" | "user.sign_out" = "session.revoke",
): Promise<Judged<PublicUserSessionRow>> {
  const { identity } = request;
  return inEitherTenant(identity, (tenantId) =>
    database.write(scopeOf(request, tenantId), async (tx): Promise<Judged<PublicUserSessionRow>> => {
      const session = await permitSession(tx, identity, id);
      if (!session || isUserError(session)) return session;
      const ended = await endSession(tx, session.id);
      if (ended) await recordAudit(tx, { ...actorOf(request), action, success: true, metadata: { sessionId: id } });
      return ended;
    }),
  );
}

/** Ends all sessions of a user except the one that the request was sent with. Undefined when there is no such user. */
export async function revokeSessionsOf(
  { database }: AuthServices,
  request: RequestContext,
  userId: string,
): Promise<Judged<PublicUserSessionRow[]>> {
  const { identity } = request;
  const tenantId = userId === identity.id ? homeOf(identity) : identity.tenantId;
  return database.write(scopeOf(request, tenantId), async (tx): Promise<Judged<PublicUserSessionRow[]>> => {
    const account = await permitAccount(tx, identity, userId);
    if (!account || isUserError(account)) return account;
    const ended = await endSessionsOf(tx, account.id, identity.credential?.id ?? null);
    await recordAudit(tx, {
      ...actorOf(request),
      action: "session.revoke_all",
      success: true,
      metadata: { userId, sessions: ended.length },
    });
    return ended;
  });
}
