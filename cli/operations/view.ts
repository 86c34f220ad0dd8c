import type { ListedOperation, ListedStep } from "#db/operations/operation-list.ts";
import { domainOfOperation } from "#lib/operations/operation-id.ts";
import { tableOf } from "../table.ts";

const columns = ["id", "database", "kind", "subject", "state", "steps", "waitsFor", "startedAt"] as const;

/** Returns operations as a table, one a line. */
export const operationsTable = (operations: readonly ListedOperation[]): string =>
  tableOf(
    columns,
    operations.map((operation) => [
      operation.id,
      domainOfOperation(operation.id) ?? "-",
      operation.kind,
      operation.subject ?? "-",
      operation.state,
      stepsDone(operation),
      waitsFor(operation),
      operation.createdAt.toISOString(),
    ]),
  );

/** Returns all about an operation, with every step in its order. */
export function operationText(operation: ListedOperation): string {
  const facts = [
    ["kind", operation.kind],
    ["state", operation.state],
    ["subject", operation.subject],
    ["tenant", operation.tenantId],
    ["started by", operation.actor],
    ["request", operation.requestId],
    ["started at", operation.createdAt.toISOString()],
    ["changed at", operation.updatedAt.toISOString()],
    ["ended at", operation.endedAt?.toISOString()],
    ["cancelled at", operation.cancelRequestedAt?.toISOString()],
    ["waits for", waitsFor(operation) === "-" ? null : waitsFor(operation)],
    ["error", operation.error && `${operation.error.code}: ${operation.error.message}`],
  ].flatMap(([name, value]) => (value ? [`${String(name).padEnd(14)}${value}\n`] : []));
  return `${operation.id}\n${facts.join("")}${stepsTable(operation)}${leftBehindText(operation)}`;
}

function stepsTable({ stepNames, steps }: ListedOperation): string {
  const rows = stepNames.map((name) => {
    const step = steps.find((each) => each.name === name);
    if (!step) return [name, "pending", "0", "0", "-", "-"];
    const error = step.error ? `${step.error.code}: ${step.error.message}` : "-";
    return [name, step.state, String(step.attempts), String(step.undoAttempts), step.updatedAt, error];
  });
  return tableOf(["step", "state", "attempts", "undoAttempts", "changedAt", "error"], rows);
}

/** Returns what a parked operation leaves behind: its steps, and the ids that they returned. */
export const leftBehindText = ({ leftBehind }: Pick<ListedOperation, "leftBehind">): string =>
  (leftBehind ?? []).map(({ step, result }) => `left behind by ${step}: ${JSON.stringify(result)}\n`).join("");

/** What a line of progress shows of an operation. */
export interface Progressing extends Pick<
  ListedOperation,
  "stepNames" | "state" | "waitingFor" | "resumesAt" | "endedAt"
> {
  steps: readonly Pick<ListedStep, "name" | "state" | "attempts" | "undoAttempts">[];
}

/** Returns the line that shows how far an operation is: `[####    ] 2/4 running work, attempt 1`. */
export function progressText(operation: Progressing): string {
  const { stepNames, steps, state } = operation;
  const done = steps.filter((step) => step.state === "done").length;
  const filled = Math.round((barWidth * done) / Math.max(1, stepNames.length));
  const bar = `[${"#".repeat(filled)}${" ".repeat(barWidth - filled)}]`;
  const current = steps.find((step) => ["attempted", "undoing", "failed"].includes(step.state));
  const attempts = current?.state === "undoing" ? current.undoAttempts : current?.attempts;
  const shown = current && state !== "compensated" ? ` ${current.name}, attempt ${attempts}` : "";
  const waits = waitsFor(operation) === "-" ? "" : ` for ${waitsFor(operation)}`;
  return `${bar} ${stepsDone(operation)} ${state}${waits}${shown}`;
}

const barWidth = 20;

const stepsDone = ({ stepNames, steps }: Progressing): string =>
  `${steps.filter(({ state }) => state === "done").length}/${stepNames.length}`;

const waitsFor = ({ waitingFor, resumesAt, endedAt }: Progressing): string =>
  endedAt ? "-" : (waitingFor ?? resumesAt?.toISOString() ?? "-");
