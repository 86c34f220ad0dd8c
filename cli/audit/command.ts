import { type Command, Option } from "commander";
import { tenantOf } from "#cli/auth/lookups.ts";
import type { Environment } from "#runtime/environment.ts";
import { requireKeys } from "#runtime/keys/keys.ts";
import { progressBar } from "#cli/progress.ts";

interface AuditOptions {
  tenant?: string;
  dataDir?: string;
  json: boolean;
}

/** `novacron audit verify|checkpoint`: verifies that the audit log is what was recorded. */
export function addAuditCommand(program: Command, environmentOf: (options: { dataDir?: string }) => Environment): void {
  const command = program.command("audit").description("verify and sign the audit log");
  const dataDir = () =>
    new Option("--data-dir <folder>", "where keys and the embedded server's data are").env("NOVACRON_DATA_DIR");

  command
    .command("verify")
    .description(
      "follow each tenant's chain and its checkpoints; exit code 1 and the first bad entry when one is wrong",
    )
    .option("--tenant <name>", "only this tenant's log; its name or its id")
    .addOption(dataDir())
    .option("--json", "print one JSON document", false)
    .action(async (options: AuditOptions) => {
      const environment = environmentOf(options);
      const { isRight, verifyAudit } = await import("#subgraphs/auth/audit/verify-audit.ts");
      const { reportText } = await import("./report.ts");
      const { withSystems } = await import("#runtime/databases.ts");
      await withSystems(environment, async ({ auth }) => {
        const bar = progressBar();
        const started = performance.now();
        const report = await verifyAudit(auth, {
          path: environment.auditCheckpoints,
          signingKeys: environment.keys.signingKeys ?? requireKeys(environment).signingKeys,
          tenant: options.tenant && (await tenantOf({ system: auth }, options.tenant)),
          onProgress: (done, total) =>
            bar.show({ done, total, unit: "rows", ratePerSecond: (done / (performance.now() - started)) * 1_000 }),
        });
        bar.end();
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
        if (!isRight(report)) process.exitCode = 1;
      });
    });

  command
    .command("checkpoint")
    .description("sign the current state of each tenant's log, as a running server does every minute")
    .addOption(dataDir())
    .option("--json", "print one JSON document", false)
    .action(async (options: AuditOptions) => {
      const environment = environmentOf(options);
      const { signCheckpoints } = await import("#subgraphs/auth/audit/sign-checkpoints.ts");
      const { withSystems } = await import("#runtime/databases.ts");
      await withSystems(environment, async ({ auth }) => {
        const signingKeys = environment.keys.signingKeys ?? requireKeys(environment).signingKeys;
        const round = await signCheckpoints(auth, { path: environment.auditCheckpoints, signingKeys });
        const changed = round.refused.map((tenant) => `the log of tenant ${tenant} was changed and is not signed\n`);
        process.stdout.write(
          options.json ? `${JSON.stringify(round)}\n` : `${round.signed} logs signed\n${changed.join("")}`,
        );
        if (round.refused.length > 0) process.exitCode = 1;
      });
    });
}
