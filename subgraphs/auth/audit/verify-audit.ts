import { type ChainFault, chainHeads, isOlderThan, verifyChain } from "#db/auth/audit-chain.ts";
import type { Database } from "#db/client.ts";
import { checkpointProblem } from "#lib/trust/audit-checkpoint.ts";
import { readCheckpoints } from "./checkpoint-file.ts";
import type { CheckpointStore } from "./sign-checkpoints.ts";

export interface AuditReport {
  tenants: number;
  /** The number of entries that are right. */
  entries: number;
  checkpoints: number;
  /** The first bad entry of each tenant's log that has one. */
  faults: ChainFault[];
  /** Checkpoints without a valid signature. */
  badCheckpoints: { line: number; tenantId: string; seq: number; problem: string }[];
  /** Lines that are no checkpoints, such as a partial one that a crash left. They prove nothing and do not count as faults. */
  unreadableLines: number[];
  /**
   * Logs whose end has been without a checkpoint in this file for longer than a running job needs: from which entry on. No process signs, or one whose file is
   * another. They prove nothing and do not count as faults, but a cut of this end would not be detected.
   */
  unsigned: { tenantId: string; seq: number }[];
}

/** The job signs every minute. */
const signedWithinSeconds = 300;

export interface VerifyOptions extends CheckpointStore {
  /** Restricts the verification to this tenant's log. */
  tenant?: string | undefined;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Verifies the chain of every tenant and compares it with the signed checkpoints. Entries are read a page at a time; memory holds only the checkpoints' hashes.
 *
 * @param system the auth database under its system role
 */
export async function verifyAudit(system: Database, options: VerifyOptions): Promise<AuditReport> {
  const { path, signingKeys, tenant, onProgress = () => undefined } = options;
  const report: AuditReport = {
    tenants: 0,
    entries: 0,
    checkpoints: 0,
    faults: [],
    badCheckpoints: [],
    unreadableLines: [],
    unsigned: [],
  };
  const known = new Map<string, Map<number, string>>();
  for await (const { line, checkpoint } of readCheckpoints(path)) {
    if (!checkpoint) {
      report.unreadableLines.push(line);
      continue;
    }
    const { tenantId, seq, hash } = checkpoint;
    if (tenant !== undefined && tenantId !== tenant) continue;
    const problem = checkpointProblem(signingKeys, checkpoint);
    if (problem) {
      report.badCheckpoints.push({ line, tenantId, seq, problem });
      continue;
    }
    report.checkpoints += 1;
    known.set(tenantId, (known.get(tenantId) ?? new Map<number, string>()).set(seq, hash));
  }

  const heads = (await chainHeads(system)).filter(({ tenantId }) => tenant === undefined || tenantId === tenant);
  // A tenant whose entries are all gone is known by its checkpoints.
  const tenants = [...new Set([...heads.map(({ tenantId }) => tenantId), ...known.keys()])];
  const total = heads.reduce((sum, { seq }) => sum + seq, 0);
  let done = 0;
  for (const tenantId of tenants) {
    const { entries, fault } = await verifyChain(system, tenantId, known.get(tenantId) ?? new Map(), (read) =>
      onProgress((done += read), total),
    );
    report.tenants += 1;
    report.entries += entries;
    if (fault) report.faults.push(fault);
    const seq = Math.max(0, ...(known.get(tenantId)?.keys() ?? [])) + 1;
    if (await isOlderThan(system, { tenantId, seq, seconds: signedWithinSeconds }))
      report.unsigned.push({ tenantId, seq });
  }
  return report;
}

export const isRight = ({ faults, badCheckpoints }: AuditReport): boolean =>
  faults.length === 0 && badCheckpoints.length === 0;
