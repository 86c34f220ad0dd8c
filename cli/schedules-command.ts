import { type Command, Option } from "commander";
import type { ListedSchedule } from "#db/operations/schedule-list.ts";
import type { Environment } from "#runtime/environment.ts";
import { tableOf } from "./table.ts";

const columns = ["database", "name", "cron", "zone", "nextAt", "lastAt", "lastState", "lastError", "skipped"] as const;

/** Adds `novacron schedules`: lists what the clock starts, when it last did and how that ended. */
export function addSchedulesCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
): void {
  program
    .command("schedules")
    .description("list the jobs that the clock starts: when each is due, and how its last operation ended")
    .addOption(new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR"))
    .option("--json", "print one JSON document", false)
    .action(async (options: { dataDir?: string; json: boolean }) => {
      const { withSystems } = await import("#runtime/databases.ts");
      const { listSchedules } = await import("#db/operations/schedule-list.ts");
      await withSystems(environmentOf(options), async (systems) => {
        const schedules = (await Promise.all(Object.values(systems).map(listSchedules))).flat();
        process.stdout.write(options.json ? `${JSON.stringify(schedules)}\n` : tableOf(columns, schedules.map(cells)));
      });
    });
}

const cells = (schedule: ListedSchedule): string[] =>
  columns.map((column) => {
    const value = schedule[column];
    return value instanceof Date ? value.toISOString() : String(value ?? "-");
  });
