import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { failure, GraphError } from "../graph/gateway.ts";
import { patientQuery } from "./patient-query.ts";
import type { Session } from "./session.ts";
import { type Operation, operationFields, possibleCommands, type Vm, vmFields } from "./shown.ts";

/** The mutations that start an operation on a VM. */
export type Mutation =
  | "createVm"
  | "startVm"
  | "stopVm"
  | "rebootVm"
  | "pauseVm"
  | "resumeVm"
  | "suspendVm"
  | "recoverVm"
  | "deleteVm";

interface Payload {
  vm: Vm | null;
  operation: Operation | null;
  userErrors: UserError[];
}
interface UserError {
  code: string;
  message: string;
  field: string[] | null;
}

const retryAfterMs = 500;

/**
 * Sends the mutation of a command. It is executed once, however often it has to be sent. The operation is null when there was nothing to do.
 * @param longestMs for how long it is sent again while the gateway does not answer
 * @returns undefined when the session was interrupted: then it is not known whether the mutation was executed
 * @throws Error with the code of the first error, or VM_BUSY with the commands for the operation in the way
 */
export async function begin(
  session: Session,
  mutation: Mutation,
  input: Readonly<Record<string, unknown>>,
  longestMs: number,
): Promise<{ vm: Vm; operation: Operation | null } | undefined> {
  const { gateway, signal, commandOf } = session;
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const document = `mutation ($input: ${type}) { payload: ${mutation}(input: $input) {
    vm { ${vmFields} } operation { ${operationFields} } userErrors { code message field } } }`;
  const variables = { input: { ...input, idempotencyKey: randomUUID() } };
  const patience = { ...session.patience, longestMs, needsListener: true };
  while (!signal.aborted) {
    const answer = await patientQuery<{ payload: Payload }>(gateway, document, variables, patience).catch(
      (error: unknown) => {
        throw isBusy(error) ? busy(error, commandOf) : error;
      },
    );
    if (!answer) break;
    const { vm, operation, userErrors } = answer.payload;
    if (vm) return { vm, operation };
    // The response to the first attempt was lost. The operation that it has started is returned when that has ended.
    if (userErrors[0]?.code !== "IDEMPOTENCY_IN_PROGRESS") throw await refusal(session, userErrors, input["vmId"]);
    await delay(retryAfterMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

const isBusy = (error: unknown): error is GraphError => error instanceof GraphError && error.code === "VM_BUSY";

function busy({ code, message, extensions }: GraphError, commandOf: Session["commandOf"]): Error {
  const [follow, cancel] = ["follow", "cancel"].map((verb) => commandOf(verb, String(extensions["operation"])));
  return failure(code, `${message} Follow it with \`${follow}\`, or cancel it with \`${cancel}\`.`);
}

/** Returns the errors of an input, one a line, and what is possible instead where the state of the VM does not allow the action. */
async function refusal(session: Session, errors: readonly UserError[], vmId: unknown): Promise<Error> {
  const lines = errors.map(({ code, field, message }) => `${code}: ${field ? `${field.join(".")}: ` : ""}${message}`);
  if (typeof vmId === "string" && errors.some(({ code }) => code === "ACTION_NOT_POSSIBLE"))
    lines.push(`Possible now: ${(await possibleCommands(session.gateway, vmId)).join(", ") || "nothing"}.`);
  return failure(errors[0]?.code ?? "INTERNAL_SERVER_ERROR", lines.join("\n"));
}
