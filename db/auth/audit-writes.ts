import { newId } from "#lib/uuid.ts";
import type { WriteTx } from "../client.ts";
import { upsert } from "../upsert.ts";
import { auditEntryChanges } from "./changes.ts";
import { authAuditLog } from "./schema/auth-audit-log.ts";

/** What was done or tried. It does not name the tenant: the entry goes into the log of the transaction's tenant. */
export interface NewAuditEntry {
  /** What was done, such as `user.sign_in`. */
  action: string;
  success: boolean;
  /** The user who did it; null when no user was signed in. */
  userId: string | null;
  /** The name that the actor has, or gave. */
  actorName: string | null;
  ipAddress?: string | undefined;
  userAgent?: string | undefined;
  /** Why it failed. */
  errorMessage?: string;
  /** What it was done to, and any other facts that matter; never a secret. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** Adds an entry to the tenant's audit log, in the transaction of the change that the entry records. */
export async function recordAudit(tx: WriteTx, entry: NewAuditEntry): Promise<void> {
  const { metadata, ...rest } = entry;
  const row = {
    ...rest,
    id: newId(),
    tenantId: tx.tenantId,
    metadata: { ...metadata, ...(tx.requestId === undefined ? {} : { requestId: tx.requestId }) },
  };
  await upsert(tx, authAuditLog, [row], { onConflict: ["id"], update: "none", emits: auditEntryChanges });
}
