import type { Database } from "#db/client.ts";
import { log } from "#lib/observability/log.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import type { Current } from "#lib/replaceable.ts";
import type { AuditCheckpoint } from "#lib/trust/audit-checkpoint.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { type CheckpointStore, signCheckpoints } from "#subgraphs/auth/audit/sign-checkpoints.ts";
import { removeEndedSessions } from "#subgraphs/auth/sessions/remove-ended-sessions.ts";
import type { Job } from "./job.ts";

/** Signs checkpoints of the audit log. Fails as long as the log of a tenant is not the one that was signed before. */
export function auditCheckpoints(
  system: Database,
  { path, signingKeys }: Pick<CheckpointStore, "path"> & { signingKeys: Current<Keyring> },
): Job {
  const remembered = new Map<string, AuditCheckpoint>();
  const sign = async (signal: AbortSignal) => {
    const store = { path, signingKeys: signingKeys.current() };
    const { signed, refused } = await signCheckpoints(system, store, remembered, signal);
    if (refused.length === 0) return { signed };
    log.jobs.error({ tenants: refused }, "audit logs were changed: `novacron audit verify` names the first bad entry");
    throw new StepFailure(
      "AUDIT_LOG_CHANGED",
      `The audit logs of ${refused.length} tenants were changed: \`novacron audit verify\` names the first bad entry.`,
      { isFinal: true },
    );
  };
  return { name: "sign_audit_checkpoints", cron: "* * * * *", steps: [{ name: "sign", run: sign }] };
}

/** Removes sessions some time after they ended. */
export const sessionRetention = (system: Database): Job => ({
  name: "remove_ended_sessions",
  cron: "11 * * * *",
  steps: [
    {
      name: "remove",
      run: async (signal, scope) => ({ removed: await removeEndedSessions(system, scope, new Date(), signal) }),
    },
  ],
});
