import { domains } from "#db/columns.ts";
import type { Current } from "#lib/replaceable.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import type { Databases } from "../databases.ts";
import type { Environment } from "../environment.ts";
import { auditCheckpoints, sessionRetention } from "./auth.ts";
import { changeRetention } from "./change-retention.ts";
import { rollupAndRetention } from "./monitoring.ts";
import { repeat } from "./periodic-job.ts";

/**
 * Runs the periodic jobs of all databases, under their system roles. Several programs may run them at once. Resolves after the round in which the signal came.
 * @param signingKeys sign the checkpoints of the audit log
 */
export function runJobs(
  systems: Databases,
  { auditCheckpoints: path, changeRetentionSeconds }: Pick<Environment, "auditCheckpoints" | "changeRetentionSeconds">,
  signingKeys: Current<Keyring>,
  signal: AbortSignal,
): Promise<unknown> {
  const jobs = [
    rollupAndRetention(systems.monitoring),
    auditCheckpoints(systems.auth, { path, signingKeys }),
    sessionRetention(systems.auth),
    ...domains.map((domain) => changeRetention(systems[domain], changeRetentionSeconds)),
  ];
  return Promise.all(jobs.map((job) => repeat(job, signal)));
}
