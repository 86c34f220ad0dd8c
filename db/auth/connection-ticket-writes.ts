import { sql } from "drizzle-orm";
import type { CredentialKey } from "#lib/trust/request-context.ts";
import type { WriteTx } from "../client.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { statement } from "../statement.ts";
import type { Permitted } from "./permitted.ts";
import { connectionTickets } from "./schema/connection-tickets.ts";

// Each insert removes the unused tickets of its tenant that have expired.
const insert = statement<{ expiresAt: Date }>(
  () => sql`
    with expired as (delete from ${connectionTickets} where ${ofTenant(connectionTickets.tenantId)} and ${connectionTickets.expiresAt} <= now())
    insert into ${connectionTickets} (ticket_hash, tenant_id, credential_kind, credential_id, expires_at)
    values (${sql.placeholder("ticketHash")}, ${sql.placeholder("tenantId")}::uuid, ${sql.placeholder("kind")}::credential_kind_enum,
      ${sql.placeholder("id")}::uuid, now() + ${sql.placeholder("lifetime")}::interval)
    returning ${connectionTickets.expiresAt} as "expiresAt"`,
);

/** The credential that a ticket may represent. */
export type PermittedCredential = Permitted<"credential", CredentialKey>;

/**
 * Inserts a ticket.
 * @param lifetime as an ISO 8601 duration
 * @returns when the ticket expires
 */
export async function insertConnectionTicket(
  tx: WriteTx,
  ticket: { credential: PermittedCredential; ticketHash: string; lifetime: string },
): Promise<Date> {
  const { credential, ...rest } = ticket;
  const [row] = await tx.run(insert, { ...credential, ...rest, tenantId: tx.tenantId });
  return (row as { expiresAt: Date }).expiresAt;
}

const take = statement<CredentialKey & { isValid: boolean }>(
  () => sql`
    delete from ${connectionTickets}
    where ${ofTenant(connectionTickets.tenantId)} and ${connectionTickets.ticketHash} = ${sql.placeholder("ticketHash")}
    returning ${connectionTickets.credentialKind} as "kind", ${connectionTickets.credentialId} as "id", ${connectionTickets.expiresAt} > now() as "isValid"`,
);

/** Uses a ticket up. Of several calls at the same time, one gets it. Returns undefined when there is no such ticket or it has expired. */
export async function takeConnectionTicket(tx: WriteTx, ticketHash: string): Promise<CredentialKey | undefined> {
  const [row] = await tx.run(take, { ticketHash, tenantId: tx.tenantId });
  return row?.isValid ? { kind: row.kind, id: row.id } : undefined;
}
