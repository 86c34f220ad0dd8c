import type { AuditReport } from "#subgraphs/auth/audit/verify-audit.ts";

/** Returns the report in plain language: one line about what was read, and one for each fault. */
export function reportText(report: AuditReport): string {
  const { tenants, entries, checkpoints, faults, badCheckpoints, unreadableLines, unsigned } = report;
  const lines = [
    `${entries} entries of ${tenants} tenants are right; ${checkpoints} checkpoints are signed`,
    ...faults.map(
      ({ tenantId, seq, id, problem }) => `tenant ${tenantId}, entry ${seq} (${id ?? "no id"}): ${problem}`,
    ),
    ...badCheckpoints.map(
      ({ line, tenantId, seq, problem }) =>
        `line ${line}, checkpoint of entry ${seq} of tenant ${tenantId}: ${problem}`,
    ),
    ...unreadableLines.map((line) => `line ${line} of the checkpoints cannot be read, as after a crash`),
    ...unsigned.map(
      ({ tenantId, seq }) =>
        `tenant ${tenantId}: from entry ${seq} on, no checkpoint in this file covers the log, and a cut would not be detected. Another machine may have signed it in its own file; \`novacron audit checkpoint\` signs it here.`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
