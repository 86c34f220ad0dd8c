import { Option } from "commander";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import { failProcess } from "#lib/process/run-process.ts";
import { endOnStopSignals } from "#lib/process/stop-signals.ts";
import { addAuditCommand } from "./audit/command.ts";
import { addKeyCommand } from "./auth/key-command.ts";
import { addRoleCommand } from "./auth/role-command.ts";
import { addTenantCommand } from "./auth/tenant-command.ts";
import { addUserCommand } from "./auth/user-command.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { addEventsCommand } from "./events/command.ts";
import { addImportCommand } from "./import-command.ts";
import { addGatewayCommand } from "./gateway-command.ts";
import { addKeysCommand } from "./keys-command.ts";
import { NovacronCommand } from "./novacron-command.ts";
import { addOperationsCommand } from "./operations/command.ts";
import { addPlacementCommand } from "./placement-command.ts";
import { addProjectionsCommand } from "./projections-command.ts";
import { addSchedulesCommand } from "./schedules-command.ts";
import { addSchemaCommand } from "./schema-command.ts";
import { addSecretsCommand } from "./secrets-command.ts";
import { addSimulatedHypervisorCommand } from "./simulated-hypervisor-command.ts";
import type { StartOptions } from "#runtime/start.ts";
import { version } from "./version.ts";
import { addVmCommand } from "./vm/command.ts";
import { addWatchCommand } from "./watch/command.ts";

const print = (line: string) => process.stderr.write(`${line}\n`);

/** Runs the `novacron` command. `runProcess` handles what it throws: one message in plain language and exit code 1. `--json` prints one JSON document. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new NovacronCommand("novacron")
    .description("A GraphQL supergraph for distributed VM management.")
    .version(version(), "-V, --version", "print the version");
  const dataDir = () =>
    new Option("--data-dir <folder>", "where keys and the embedded server's data are").env("NOVACRON_DATA_DIR");
  const environmentOf = (options: { dataDir?: string }) =>
    readEnvironment(options.dataDir ? { ...process.env, NOVACRON_DATA_DIR: options.dataDir } : process.env);

  program
    .command("start")
    .description("run everything in one process: databases, subgraphs, gateway, demo fleet")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 takes a free one", wholeNumber, 4000)
    .addOption(dataDir())
    .option("--demo", "seed and feed a demo fleet, also in production")
    .option("--no-demo", "do not seed or feed a demo fleet")
    .option(
      "--replay [tenant]",
      "replay the traces that a tenant imported; without a name those of imports without --tenant",
    )
    .option("--new-keys", "make new keys where those of the databases are lost; API keys become invalid", false)
    .option("--migrate", "migrate databases named by DATABASE_URL_*", false)
    .action(async (options: StartOptions & { dataDir?: string }) => {
      const { start } = await import("#runtime/start.ts");
      const signals = endOnStopSignals();
      const product = await start(environmentOf(options), options, print);
      signals.whenStarted(() => product.stop().catch(failProcess));
      process.stdout.write(`novacron ready ${product.url}\n`);
    });

  program
    .command("migrate")
    .description("bring the five databases to this program's schema")
    .addOption(dataDir())
    .option("--create", "make the embedded server's databases where there are none", false)
    .option("--print-roles", "print the SQL an administrator runs where this user may not create roles", false)
    .option("--json", "print what was applied as JSON", false)
    .action(async (options: { dataDir?: string; create: boolean; printRoles: boolean; json: boolean }) => {
      if (options.printRoles) {
        const { roleStatements } = await import("#runtime/role-statements.ts");
        process.stdout.write(await roleStatements(environmentOf(options)));
        return;
      }
      const { migrateAll, quietly, reachDatabases } = await import("#runtime/databases.ts");
      const server = await reachDatabases(environmentOf(options), quietly, options.create ? "make one" : "refuse");
      try {
        const applied = await migrateAll(server, options.json ? () => undefined : print);
        process.stdout.write(options.json ? `${JSON.stringify(applied)}\n` : "up to date\n");
      } finally {
        await server.stop();
      }
    });

  program
    .command("prepare")
    .description("give servers dedicated to this installation their owners and logins: DATABASE_URL_*_ADMIN")
    .action(async () => {
      const { prepareServers } = await import("#runtime/prepare-servers.ts");
      process.stdout.write(`${await prepareServers(environmentOf({}))}\n`);
    });

  program
    .command("jobs")
    .description(
      "run background work for subgraphs in separate processes: relays, projections, durable operations, jobs",
    )
    .addOption(dataDir())
    .action(async (options: { dataDir?: string }) => {
      const { startJobs } = await import("#runtime/start-jobs.ts");
      const signals = endOnStopSignals();
      const jobs = await startJobs(environmentOf(options), print);
      signals.whenStarted(() => jobs.stop().catch(failProcess));
      process.stdout.write("novacron jobs ready\n");
    });

  addImportCommand(program, environmentOf, print);
  addEventsCommand(program, environmentOf, print);
  addOperationsCommand(program, environmentOf);
  addPlacementCommand(program, environmentOf);
  addProjectionsCommand(program, environmentOf);
  addSchedulesCommand(program, environmentOf);
  for (const add of [addTenantCommand, addUserCommand, addRoleCommand, addKeyCommand]) add({ program, environmentOf });
  addAuditCommand(program, environmentOf);
  addKeysCommand(program, environmentOf);
  addSecretsCommand(program);
  addVmCommand(program, environmentOf);
  addWatchCommand(program, environmentOf, print);
  addGatewayCommand(program, wholeNumber);
  addSchemaCommand(program);
  addSimulatedHypervisorCommand(program, environmentOf, wholeNumber);

  await program.parseAsync(argv);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new ConfigurationError([`--port: ${text} is not a port`]);
  return value;
}
