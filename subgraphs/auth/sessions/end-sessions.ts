import { recordAudit } from "#db/auth/audit-writes.ts";
import { endSession, endSessionsOf } from "#db/auth/session-writes.ts";
import type { PublicUserSessionRow } from "#db/auth/user-sessions.ts";
import type { Identity, RequestContext } from "#lib/request-context.ts";
import { grants } from "#lib/request-context.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";

const mayRevokeAny = ({ permissions }: Identity) => grants(permissions, "session:revoke");

/** Ends a session; undefined when none is visible. Own ones without a permission, others' with `session:revoke`. */
export async function revokeSession(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
  action: "session.revoke" | "user.sign_out" = "session.revoke",
): Promise<PublicUserSessionRow | undefined> {
  const { identity } = request;
  return database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const [ended] = await endSession(tx, id, mayRevokeAny(identity) ? null : identity.id);
    if (ended) await recordAudit(tx, { ...actorOf(request), action, success: true, metadata: { sessionId: id } });
    return ended;
  });
}

/** Ends all sessions of a user but the one that the request was sent with. */
export async function revokeSessionsOf(
  { database }: AuthServices,
  request: RequestContext,
  userId: string,
): Promise<PublicUserSessionRow[]> {
  const { identity } = request;
  return database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const ended = await endSessionsOf(tx, userId, identity.credential?.id ?? null);
    await recordAudit(tx, {
      ...actorOf(request),
      action: "session.revoke_all",
      success: true,
      metadata: { userId, sessions: ended.length },
    });
    return ended;
  });
}
