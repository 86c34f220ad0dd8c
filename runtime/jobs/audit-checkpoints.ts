import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "#db/client.ts";
import { log } from "#lib/observability/log.ts";
import type { Current } from "#lib/replaceable.ts";
import type { AuditCheckpoint } from "#lib/trust/audit-checkpoint.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { type CheckpointStore, signCheckpoints } from "#subgraphs/auth/audit/sign-checkpoints.ts";

const everyMs = 60_000;

/** Signs checkpoints every minute. Several programs may do so: at worst they sign the same head twice. Resolves after the round in which the signal came. */
export async function runAuditCheckpoints(
  system: Database,
  { path, signingKeys }: Pick<CheckpointStore, "path"> & { signingKeys: Current<Keyring> },
  signal: AbortSignal,
): Promise<void> {
  const remembered = new Map<string, AuditCheckpoint>();
  while (!signal.aborted) {
    try {
      const { refused } = await signCheckpoints(system, { path, signingKeys: signingKeys.current() }, remembered);
      if (refused.length > 0)
        log.jobs.error(
          { tenants: refused },
          "audit logs were changed: `novacron audit verify` names the first bad entry",
        );
    } catch (error) {
      if (!signal.aborted) log.jobs.warn({ err: error }, "checkpoints of the audit log will be tried again");
    }
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
