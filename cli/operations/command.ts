import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { domains, type Domain } from "#db/columns.ts";
import { abandonOperation, cancelOperation } from "#db/operations/requests.ts";
import type { ListedOperation } from "#db/operations/operation-list.ts";
import { domainOfOperation } from "#lib/operations/operation-id.ts";
import { operationStates } from "#lib/operations/record.ts";
import { pause } from "#lib/pause.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { isUuid } from "#lib/uuid.ts";
import type { Environment } from "#runtime/environment.ts";
import { type DrillInput, failingSteps, stuckSteps } from "#subgraphs/vms/operations/drill.ts";
import { signalDrill, startDrill } from "#subgraphs/vms/operations/drills.ts";
import { failure, type OperationDatabases, withOperations } from "./databases.ts";
import { leftBehindText, operationsTable, operationText, progressText } from "./view.ts";

interface Options {
  dataDir?: string;
  json: boolean;
}

interface ListOptions extends Options {
  state?: string[];
  kind?: string[];
  tenant?: string;
  domain?: Domain;
  limit: number;
}

interface DrillOptions extends Options {
  seconds: number;
  failsAt?: DrillInput["failsAt"];
  undoFailsAt?: DrillInput["undoFailsAt"];
  hold: boolean;
  go?: string;
}

const actor = "command:operations";

/** Adds `novacron operations list|show|cancel|abandon|drill`. */
export function addOperationsCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
): void {
  const command = program.command("operations").description("the durable operations of all domains and tenants");
  const sub = (usage: string, description: string) =>
    command
      .command(usage)
      .description(description)
      .addOption(new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR"))
      .option("--json", "print JSON: one document, or one a line while watching", false);
  const run = (options: Options, use: (of: OperationDatabases) => Promise<void>) =>
    withOperations(environmentOf(options), use);

  sub("list", "list operations, newest first")
    .addOption(new Option("--state <state...>", "only in one of these states").choices(operationStates))
    .option("--kind <kind...>", "only of one of these kinds")
    .option("--tenant <id>", "only of this tenant", tenantOf)
    .addOption(new Option("--domain <domain>", "only of this domain").choices(domains))
    .option("--limit <number>", "how many at most", wholeNumber, 50)
    .action((options: ListOptions) =>
      run(options, async ({ list }) => {
        const { state: states, kind: kinds, tenant: tenantId, domain, limit } = options;
        const found = await list({ states, kinds, tenantId, domain, limit });
        print(options.json ? json(found) : operationsTable(found));
      }),
    );
  sub("show <id>", "show an operation with its steps")
    .option("--watch", "show its progress until it has ended", false)
    .action((id: string, options: Options & { watch: boolean }) =>
      run(options, async (of) => {
        const found = options.watch ? await watch(of, id, options) : await of.read(id);
        if (!options.watch || !options.json) print(options.json ? json(found) : operationText(found));
      }),
    );
  sub("cancel <id>", "cancel an operation: what was attempted is undone").action((id: string, options: Options) =>
    run(options, async (of) => {
      await cancel(of, await of.read(id));
      await shown(of, id, options);
    }),
  );
  sub("abandon <id>", "give a parked operation up, after a look at what it leaves behind")
    .option("--yes", "accept what it leaves behind without a question", false)
    .action((id: string, options: Options & { yes: boolean }) =>
      run(options, async (of) => {
        await abandon(of, await of.read(id), options.yes);
        await shown(of, id, options);
      }),
    );
  sub("drill", "start an operation that does nothing, and show its progress: a running server works on it")
    .option("--seconds <number>", "how long its step `work` takes", wholeNumber, 5)
    .addOption(new Option("--fails-at <step>", "the step that fails").choices(failingSteps))
    .addOption(new Option("--undo-fails-at <step>", "the step whose undo never works").choices(stuckSteps))
    .option("--hold", "leave it waiting: `drill --go <id>` lets it continue", false)
    .option("--go <id>", "let this drill continue, instead of starting one")
    .action((options: DrillOptions) => run(options, (of) => drill(of, options)));
}

async function cancel({ withService }: OperationDatabases, { id, tenantId }: ListedOperation): Promise<void> {
  const found = await withService(domainOf(id), (database) =>
    database.write({ tenantId, actor }, (tx) => cancelOperation(tx, id)),
  );
  if (found.outcome === "ended") throw failure("OPERATION_ENDED", `The operation has ended: it is ${found.state}.`);
  if (found.outcome === "not cancellable")
    throw failure("NOT_CANCELLABLE", `The step ${found.step} was attempted: the operation can no longer be cancelled.`);
}

async function abandon(of: OperationDatabases, operation: ListedOperation, isAccepted: boolean): Promise<void> {
  const { id, tenantId, state } = operation;
  if (state !== "parked") throw failure("OPERATION_NOT_PARKED", `The operation is not parked: it is ${state}.`);
  process.stderr.write(leftBehindText(operation) || "It is not known what it leaves behind.\n");
  if (!isAccepted && !(await isConfirmed()))
    throw failure("CONSENT_REQUIRED", "Nothing was changed. `--yes` accepts what the operation leaves behind.");
  const found = await of.withService(domainOf(id), (database) =>
    database.write({ tenantId, actor }, (tx) => abandonOperation(tx, id, { consent: true })),
  );
  if (found.outcome === "not parked")
    throw failure("OPERATION_NOT_PARKED", `The operation is not parked: it is ${found.state}.`);
}

async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question("Give the operation up and leave this behind? Type `yes`: ");
  lines.close();
  return answer.trim() === "yes";
}

async function drill(of: OperationDatabases, options: DrillOptions): Promise<void> {
  const request: RequestContext = {
    identity: { kind: "service", id: "command", tenantId: platformTenantId, permissions: ["operation:drill"] },
    requestId: randomUUID(),
    deadline: Date.now() + 10_000,
    onBehalfOf: actor,
  };
  const { go, seconds: workSeconds, failsAt = null, undoFailsAt = null } = options;
  const id = await of.withService("vms", async (database) => {
    const outcome =
      go === undefined
        ? await startDrill({ database }, request, { workSeconds, failsAt, undoFailsAt })
        : await signalDrill({ database }, request, { id: go });
    if (outcome.kind !== "done") throw failure("NOT_FOUND", `There is no drill ${go} that runs.`);
    const { operationId } = outcome.value;
    if (go === undefined && !options.hold) await signalDrill({ database }, request, { id: operationId });
    return operationId;
  });
  if (options.hold) return shown(of, id, options);
  const ended = await watch(of, id, options);
  if (!options.json) print(operationText(ended));
}

async function shown({ read }: OperationDatabases, id: string, options: Options): Promise<void> {
  const found = await read(id);
  print(options.json ? json(found) : operationText(found));
}

const lookEveryMs = 250;
const hintAfterMs = 15_000;

/** Shows each change of an operation until it has ended, and returns it. In a terminal one line is drawn again. */
async function watch({ read }: OperationDatabases, id: string, { json: asJson }: Options): Promise<ListedOperation> {
  const { stderr } = process;
  const since = performance.now();
  let last = "";
  let hasHint = false;
  for (;;) {
    const operation = await read(id);
    const line = asJson ? json(operation) : progressText(operation);
    if (line !== last) {
      if (asJson) print(line);
      else stderr.write(stderr.isTTY ? `\r\u001B[2K${line}` : `${line}\n`);
    }
    last = line;
    if (operation.endedAt) {
      if (!asJson && stderr.isTTY) stderr.write("\n");
      return operation;
    }
    if (!hasHint && operation.state === "pending" && performance.now() - since > hintAfterMs) {
      hasHint = true;
      stderr.write("No worker has taken it yet: `novacron start` or `novacron jobs` runs one.\n");
    }
    await pause(lookEveryMs, never);
  }
}

const never = new AbortController().signal;

function domainOf(id: string): Domain {
  const domain = domainOfOperation(id);
  if (!domain) throw failure("NOT_FOUND", `There is no operation ${id}.`);
  return domain;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("It is not a whole number.");
  return value;
}

function tenantOf(text: string): string {
  if (!isUuid(text)) throw new InvalidArgumentError("It is not the id of a tenant, which is a UUID.");
  return text;
}

const json = (value: unknown): string => `${JSON.stringify(value)}\n`;
const print = (text: string) => process.stdout.write(text);
