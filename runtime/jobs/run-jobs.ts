import type { Current } from "#lib/replaceable.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import type { Databases } from "../databases.ts";
import type { Environment } from "../environment.ts";
import { runAuditCheckpoints } from "./audit-checkpoints.ts";
import { runMonitoringJobs } from "./monitoring.ts";

/**
 * Runs the periodic jobs of all databases, under their system roles. Several programs may run them at once. Resolves after the round in which the signal came.
 * @param signingKeys sign the checkpoints of the audit log
 */
export const runJobs = (
  systems: Databases,
  { auditCheckpoints }: Pick<Environment, "auditCheckpoints">,
  signingKeys: Current<Keyring>,
  signal: AbortSignal,
): Promise<unknown> =>
  Promise.all([
    runMonitoringJobs(systems.monitoring, signal),
    runAuditCheckpoints(systems.auth, { path: auditCheckpoints, signingKeys }, signal),
  ]);
