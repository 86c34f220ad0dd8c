import { sql } from "drizzle-orm";
import { newId } from "#lib/uuid.ts";
import { changeColumns, changeEvents, type ChangedRow } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { selectList } from "../rows.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { statement } from "../statement.ts";
import { sessionChanges } from "./changes.ts";
import type { PermittedAccount, PermittedSession } from "./permitted.ts";
import { userSessions } from "./schema/user-sessions.ts";
import type { PublicUserSessionRow } from "./user-sessions.ts";

const secretless = { table: userSessions, omit: ["tokenHash"] } as const;

export interface NewSession {
  userId: PermittedAccount;
  tokenHash: string;
  /** How long the session lasts at most, as an ISO 8601 duration. */
  lifetime: string;
  actsInTenantId: string | null;
  ipAddress: string | null;
  userAgent: string | null;
}

const insert = statement<PublicUserSessionRow & ChangedRow>(
  () => sql`
    insert into ${userSessions} (id, user_id, tenant_id, token_hash, ip_address, user_agent, expires_at, acts_in_tenant_id)
    values (${sql.placeholder("id")}::uuid, ${sql.placeholder("userId")}::uuid, ${sql.placeholder("tenantId")}::uuid, ${sql.placeholder("tokenHash")},
      ${sql.placeholder("ipAddress")}::inet, ${sql.placeholder("userAgent")}, now() + ${sql.placeholder("lifetime")}::interval,
      ${sql.placeholder("actsInTenantId")}::uuid)
    returning ${changeColumns(sessionChanges)}, ${selectList(secretless)}`,
);

export async function insertSession(tx: WriteTx, session: NewSession): Promise<PublicUserSessionRow> {
  const rows = await tx.run(insert, { ...session, id: newId(), tenantId: tx.tenantId });
  await append(tx, changeEvents(sessionChanges, rows));
  return rows[0] as PublicUserSessionRow;
}

// Compares with the clock, not with the time at which the transaction began. A transaction that waited for another to end the session would otherwise find it
// valid and end it again.
const end = statement<PublicUserSessionRow & ChangedRow>(
  () => sql`
    update ${userSessions} set expires_at = now()
    where ${ofTenant(userSessions.tenantId)} and ${userSessions.expiresAt} > clock_timestamp()
      and (${sql.placeholder("id")}::uuid is null or ${userSessions.id} = ${sql.placeholder("id")}::uuid)
      and (${sql.placeholder("userId")}::uuid is null or ${userSessions.userId} = ${sql.placeholder("userId")}::uuid)
      and ${userSessions.id} is distinct from ${sql.placeholder("except")}::uuid
    returning ${changeColumns(sessionChanges)}, ${selectList(secretless)}`,
);

/** Ends one session. Returns undefined when it had ended before. */
export async function endSession(tx: WriteTx, id: PermittedSession): Promise<PublicUserSessionRow | undefined> {
  return (await ended(tx, { id, userId: null, except: null }))[0];
}

/** Ends all sessions of a user but one. */
export async function endSessionsOf(
  tx: WriteTx,
  userId: PermittedAccount,
  except: string | null,
): Promise<PublicUserSessionRow[]> {
  return ended(tx, { id: null, userId, except });
}

async function ended(
  tx: WriteTx,
  which: { id: string | null; userId: string | null; except: string | null },
): Promise<PublicUserSessionRow[]> {
  if (which.id === null && which.userId === null) throw new Error("No session is named.");
  const rows = await tx.run(end, { ...which, tenantId: tx.tenantId });
  await append(tx, changeEvents(sessionChanges, rows, "updated"));
  return rows;
}

const touch = statement<never>(
  () => sql`
    update ${userSessions} set last_used_at = now()
    where ${userSessions.id} = ${sql.placeholder("id")}::uuid and ${ofTenant(userSessions.tenantId)}
      and ${userSessions.lastUsedAt} < now() - interval '1 minute'`,
);

/** Records that a session was used, at most once a minute. Emits no event, because it changes no user's rights. */
export const touchSession = (tx: WriteTx, id: string): Promise<number> =>
  tx.execute(touch, { id, tenantId: tx.tenantId });
