import { endSession, endSessionsOf } from "#db/auth/session-writes.ts";
import { type PublicUserSessionRow, userSessionEntity } from "#db/auth/user-sessions.ts";
import { validId } from "#lib/graphql/arguments.ts";
import { type RequestContext, requirePermission } from "#lib/trust/request-context.ts";
import { done, notThere } from "#subgraphs/use-case.ts";
import { inEitherTenant, permitAccount, permitSession } from "../credentials/escalation.ts";
import { type AuthServices, homeOf } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";

/** Ends a session. The caller's own sessions need no permission, other users' sessions need `session:revoke`. */
export const revokeSession = (services: AuthServices, request: RequestContext, { id }: { id: string }) =>
  endOneSession(services, request, id, "session.revoke");

/** Ends the session that the request was sent with, if it was sent with one. */
export async function signOut(
  services: AuthServices,
  request: RequestContext,
): Promise<Outcome<{ session: PublicUserSessionRow | null }>> {
  const { credential } = request.identity;
  if (credential?.kind !== "session") return done({ session: null });
  const ended = await endOneSession(services, request, credential.id, "user.sign_out");
  return ended.kind === "not there" ? done({ session: null }) : ended;
}

const endOneSession = (
  services: AuthServices,
  request: RequestContext,
  id: string,
  action: string,
): Promise<Outcome<{ session: PublicUserSessionRow }>> =>
  inEitherTenant<{ session: PublicUserSessionRow }>(request.identity, (tenantId) =>
    write(
      services,
      request,
      async (tx) => {
        const permitted = await permitSession(tx, request.identity, id);
        if (permitted.kind !== "done") return permitted;
        const ended = await endSession(tx, permitted.value);
        if (ended) return done({ session: ended }, { action, metadata: { sessionId: id } });
        const [session] = await userSessionEntity.byId(tx, [id]);
        return session ? done({ session }) : notThere("session");
      },
      { tenantId },
    ),
  );

/** Ends all sessions of a user, by default the caller, except the session that the request was sent with. Other users need `session:revoke`. */
export async function revokeUserSessions(
  services: AuthServices,
  request: RequestContext,
  input: { userId?: string | null | undefined },
): Promise<Outcome<{ sessions: PublicUserSessionRow[] }>> {
  const { identity } = request;
  // A service has no sessions, and its id is not a user's.
  const userId = validId(input.userId ?? identity.id, "input.userId");
  // To end their own sessions, callers need the rights of the account, which are compared in the transaction that locks them.
  if (identity.kind !== "user" || userId !== identity.id) requirePermission(identity, "session:revoke");
  const tenantId = userId === identity.id ? homeOf(identity) : identity.tenantId;
  return write(
    services,
    request,
    async (tx) => {
      const account = await permitAccount(tx, identity, userId);
      if (account.kind !== "done") return account;
      const sessions = await endSessionsOf(tx, account.value, identity.credential?.id ?? null);
      if (sessions.length === 0) return done({ sessions });
      return done({ sessions }, { action: "session.revoke_all", metadata: { userId, sessions: sessions.length } });
    },
    { tenantId },
  );
}
