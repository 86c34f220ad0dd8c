import { type Command, Option } from "commander";
import { type Event, eventCatalogue, eventSources, type EventSource, type EventType } from "#events/event.ts";
import type { Environment } from "#runtime/environment.ts";
import type { ProjectionTarget } from "#runtime/events/projections.ts";

interface SharedOptions {
  dataDir?: string;
  json: boolean;
}

interface TailOptions extends SharedOptions {
  after: string;
  database: EventSource[];
  type: EventType[];
  tenant?: string;
  limit?: number;
  follow: boolean;
}

interface ReplayOptions extends SharedOptions {
  in: ProjectionTarget;
  after: string;
}

const dataDirOption = () =>
  new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR");

/** Adds `novacron events tail|lag|replay`: the event log for users in a terminal. */
export function addEventsCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
  print: (line: string) => void,
): void {
  const command = program.command("events").description("read the event log, and how far behind its readers are");

  command
    .command("tail")
    .description("print events as they arrive; Ctrl-C ends it and prints the position to resume from")
    .option("--after <position>", "begin after this position, with the `oldest` that is kept, or `now`", "now")
    .addOption(
      new Option("--database <name>", "only events of this database; may be repeated")
        .choices([...eventSources])
        .argParser((value: string, before: EventSource[]) => [...before, oneOf(eventSources, value)])
        .default([]),
    )
    .option(
      "--type <type>",
      "only events of this type, such as vm.updated; may be repeated",
      (value, before: EventType[]) => [...before, knownType(value)],
      [],
    )
    .option("--tenant <name>", "only events of this tenant; its name or its id")
    .option("--limit <number>", "end after this number of events", (text: string) => positive("--limit", text))
    .option("--no-follow", "end when all existing events have been printed")
    .addOption(dataDirOption())
    .option("--json", "print one JSON object a line, each with the position after it", false)
    .action(async (options: TailOptions) => {
      const { tailEvents } = await import("./tail.ts");
      await tailEvents(environmentOf(options), options, printer(options.json), print);
    });

  command
    .command("lag")
    .description("how far each relay and each consumer is behind")
    .addOption(dataDirOption())
    .option("--json", "print one JSON document", false)
    .action(async (options: SharedOptions) => {
      const { printLag } = await import("./lag.ts");
      await printLag(environmentOf(options), options.json);
    });

  command
    .command("replay")
    .description("make a consumer process the events after a position again")
    .argument("<consumer>", "its name, as `events lag` shows it")
    .addOption(
      new Option("--in <database>", "the database that it writes to")
        .choices(["monitoring", "scheduler", "vms"])
        .makeOptionMandatory(),
    )
    .option("--after <position>", "the position, or the `oldest` that is kept", "oldest")
    .addOption(dataDirOption())
    .option("--json", "print one JSON document", false)
    .action(async (name: string, options: ReplayOptions) => {
      const { replay } = await import("#runtime/events/replay.ts");
      const result = await replay(environmentOf(options), { name, target: options.in, after: options.after });
      process.stdout.write(
        options.json
          ? `${JSON.stringify(result)}\n`
          : `${name} in ${options.in} processes ${result.events} events again, after ${result.after}\n`,
      );
    });
}

/** Returns a function that prints one line per event: time, type, entity, tenant, actor and payload. */
function printer(json: boolean): (event: Event, position: string) => void {
  if (json) return (event, position) => void process.stdout.write(`${JSON.stringify({ ...event, position })}\n`);
  return ({ occurredAt, type, entityType, entityKey, entityVersion, tenantId, actor, payload }) =>
    void process.stdout.write(
      `${occurredAt} ${type} ${entityType} ${entityKey} v${entityVersion} tenant ${tenantId} by ${actor ?? "?"} ${JSON.stringify(payload, shortened)}\n`,
    );
}

/** Shortens a long list of ids: a reader only needs to know that it is long. */
const shortened = (_key: string, value: unknown): unknown =>
  Array.isArray(value) && value.length > 5 ? [...value.slice(0, 3), `… ${value.length} in all`] : value;

function knownType(text: string): EventType {
  const found = eventSources.flatMap((source) => Object.keys(eventCatalogue[source])).find((type) => type === text);
  if (!found) throw usage(`--type: there is no event ${text}; docs/events.md lists them`);
  return found as EventType;
}

function oneOf<T extends string>(values: readonly T[], text: string): T {
  const found = values.find((value) => value === text);
  if (!found) throw usage(`${text} is not one of ${values.join(", ")}`);
  return found;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw usage(`${option}: ${text} is not a positive whole number`);
  return value;
}

const usage = (message: string) => Object.assign(new Error(message), { code: "USAGE" });
