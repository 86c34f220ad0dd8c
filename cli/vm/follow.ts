import { setTimeout as delay } from "node:timers/promises";
import type { OperationState, StepState } from "#lib/operations/record.ts";
import { failure } from "../graph/gateway.ts";
import { progressText } from "../operations/view.ts";
import type { Session } from "./session.ts";
import { hasEnded, jsonOf, type Operation, readOperation, readVm, type Vm } from "./shown.ts";

/** How long the command waits before it reads an operation again: soon at first, because most operations are short. */
const firstPollMs = 50;
const pollMs = 500;

/** Shows the progress of an operation until it has ended, and returns it; as it was when the session was interrupted. */
async function untilEnded({ gateway, signal, lines, patience, json }: Session, started: Operation): Promise<Operation> {
  let operation = started;
  for (let pause = firstPollMs; ; pause = Math.min(2 * pause, pollMs)) {
    if (!json) lines.show(progressOf(operation));
    if (hasEnded(operation) || signal.aborted) return operation;
    await delay(pause, undefined, { signal }).catch(() => undefined);
    operation = (await readOperation(gateway, operation.id, patience)) ?? operation;
  }
}

/** The values of the enums are those of the database in upper case. */
const progressOf = (operation: Operation): string => {
  const { kind, state, steps, waitingFor, resumesAt } = operation;
  const text = progressText({
    stepNames: steps.map(({ name }) => name),
    steps: steps.flatMap((step) =>
      step.state === "PENDING" ? [] : [{ ...step, state: step.state.toLowerCase() as StepState }],
    ),
    state: state.toLowerCase() as OperationState,
    waitingFor,
    resumesAt: resumesAt === null ? null : new Date(resumesAt),
    endedAt: hasEnded(operation) ? new Date() : null,
  });
  return `${kind} ${text}`;
};

/**
 * Follows an operation to its end, and prints its VM as it is then.
 * @param vm as it was when the operation started
 * @param goal the state in which the operation is to end
 * @throws Error with the code of the operation when it ends in another state
 */
export async function finish(
  session: Session,
  vm: Vm,
  started: Operation,
  goal: "DONE" | "COMPENSATED",
): Promise<void> {
  const { gateway, lines, patience, commandOf, json } = session;
  const operation = await untilEnded(session, started);
  const now = (await readVm(gateway, vm.id, patience)) ?? vm;
  lines.end();
  if (json) printJson(jsonOf(now, operation));
  if (!hasEnded(operation))
    return lines.print(`The operation continues. Follow it with \`${commandOf("follow", operation.id)}\`.`);
  if (operation.state !== goal) throw failureOf(operation, now);
  if (!json) process.stdout.write(`${sentenceOf(now)}\n`);
}

function failureOf({ id, state, error }: Operation, vm: Vm): Error {
  const ends: Readonly<Record<string, string>> = {
    DONE: `The operation was done before it could be cancelled: ${sentenceOf(vm)}.`,
    COMPENSATED: `All of it was undone: ${sentenceOf(vm)}.`,
  };
  const end = ends[state] ?? `Not all of it could be undone: \`novacron operations show ${id}\` lists what is left.`;
  return failure(error?.code ?? `OPERATION_${state}`, error ? `${error.message} ${end}` : end);
}

/** For example `web-01 is running on node-2`. */
export const sentenceOf = ({ name, state, node }: Vm): string =>
  `${name} is ${state.toLowerCase().replaceAll("_", " ")}${node && state !== "DELETED" ? ` on ${node.name}` : ""}`;

export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
