import { chainHeads, hashOfEntry } from "#db/auth/audit-chain.ts";
import type { Database } from "#db/client.ts";
import { type AuditCheckpoint, checkpointProblem, signCheckpoint } from "#lib/trust/audit-checkpoint.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { appendCheckpoints, readCheckpoints } from "./checkpoint-file.ts";

export interface CheckpointStore {
  /** The file, outside the database. */
  path: string;
  signingKeys: Keyring;
}

/** The result of a round of checkpoints: how many it signed, and the tenants whose logs it did not sign because they were changed. */
export interface CheckpointRound {
  signed: number;
  refused: string[];
}

/**
 * Signs the head of every tenant's audit log that grew since its last checkpoint. A log that no longer has the entry of its last checkpoint is not signed
 * again: a signature must not make a changed log look right.
 *
 * @param system the auth database under its system role
 * @param remembered each tenant's newest checkpoint that this process knows of; the round updates it. When a log was cut and the file with it, the remembered
 * checkpoint is the proof, and is written into the file again
 * @param signal ends the round before the next tenant: what was signed is written
 */
export async function signCheckpoints(
  system: Database,
  store: CheckpointStore,
  remembered: Map<string, AuditCheckpoint> = new Map(),
  signal?: AbortSignal,
): Promise<CheckpointRound> {
  const filed = await lastCheckpoints(store);
  const fresh: AuditCheckpoint[] = [];
  const proofs: AuditCheckpoint[] = [];
  const refused: string[] = [];
  const heads = new Map((await chainHeads(system)).map((head) => [head.tenantId, head]));
  for (const tenantId of new Set([...heads.keys(), ...filed.keys(), ...remembered.keys()])) {
    if (signal?.aborted) break;
    const [head, inFile, known] = [heads.get(tenantId), filed.get(tenantId), remembered.get(tenantId)];
    const before = known && known.seq > (inFile?.seq ?? 0) ? known : inFile;
    if (before) remembered.set(tenantId, before);
    if (before && (await hashOfEntry(system, tenantId, before.seq)) !== before.hash) {
      refused.push(tenantId);
      if (before !== inFile) proofs.push(before);
    } else if (head && head.seq > (inFile?.seq ?? 0)) fresh.push(signCheckpoint(store.signingKeys, head, new Date()));
  }
  await appendCheckpoints(store.path, [...proofs, ...fresh]);
  for (const checkpoint of fresh) remembered.set(checkpoint.tenantId, checkpoint);
  return { signed: fresh.length, refused };
}

/** Returns each tenant's newest checkpoint with a valid signature. */
async function lastCheckpoints({ path, signingKeys }: CheckpointStore): Promise<Map<string, AuditCheckpoint>> {
  const last = new Map<string, AuditCheckpoint>();
  for await (const { checkpoint } of readCheckpoints(path)) {
    if (!checkpoint || checkpointProblem(signingKeys, checkpoint)) continue;
    if (checkpoint.seq > (last.get(checkpoint.tenantId)?.seq ?? 0)) last.set(checkpoint.tenantId, checkpoint);
  }
  return last;
}
