import type { Database } from "#db/client.ts";
import { log } from "#lib/observability/log.ts";
import type { Current } from "#lib/replaceable.ts";
import type { AuditCheckpoint } from "#lib/trust/audit-checkpoint.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { type CheckpointStore, signCheckpoints } from "#subgraphs/auth/audit/sign-checkpoints.ts";
import { removeEndedSessions } from "#subgraphs/auth/sessions/remove-ended-sessions.ts";
import type { PeriodicJob } from "./periodic-job.ts";

/** Signs checkpoints of the audit log. Of several programs that do so, two at worst sign the same head. */
export function auditCheckpoints(
  system: Database,
  { path, signingKeys }: Pick<CheckpointStore, "path"> & { signingKeys: Current<Keyring> },
): PeriodicJob {
  const remembered = new Map<string, AuditCheckpoint>();
  return {
    name: "audit checkpoints",
    everyMs: 60_000,
    run: async () => {
      const { refused } = await signCheckpoints(system, { path, signingKeys: signingKeys.current() }, remembered);
      if (refused.length > 0)
        log.jobs.error(
          { tenants: refused },
          "audit logs were changed: `novacron audit verify` names the first bad entry",
        );
    },
  };
}

/** Removes sessions some time after they ended. Of several programs that do so, one removes each session. */
export const sessionRetention = (system: Database): PeriodicJob => ({
  name: "session retention",
  everyMs: 3_600_000,
  run: (signal) => removeEndedSessions(system, new Date(), signal),
});
