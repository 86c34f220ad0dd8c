import { newId } from "#lib/uuid.ts";
import type { WriteTx } from "../client.ts";
import { upsert } from "../upsert.ts";
import { auditEntryChanges } from "./changes.ts";
import { authAuditLog } from "./schema/auth-audit-log.ts";

/** What was done or tried. Of whom it says nothing, the transaction's tenant is whose log it goes into. */
export interface NewAuditEntry {
  /** What was done, as `user.sign_in`. */
  action: string;
  success: boolean;
  /** Who did it; null when nobody was signed in. */
  userId: string | null;
  /** The name that the actor has, or gave. */
  actorName: string | null;
  ipAddress?: string | undefined;
  userAgent?: string | undefined;
  /** Why it failed. */
  errorMessage?: string;
  /** What it was done to, and whatever else matters; never a secret. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** Adds an entry to the tenant's audit log, in the transaction of what it tells of. */
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
