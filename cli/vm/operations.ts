import { isUuid } from "#lib/uuid.ts";
import { failure } from "../graph/gateway.ts";
import { finish } from "./follow.ts";
import { patientQuery } from "./patient-query.ts";
import type { Session } from "./session.ts";
import { type Operation, operationFields, readVm, type Vm } from "./shown.ts";

/** Follows an operation on a VM to its end. @throws Error NOT_FOUND, or with the code of the operation unless it is done */
export async function followOperation(session: Session, id: string): Promise<void> {
  const found = await operationOnVm(session, id);
  if (found) await finish(session, found.vm, found.operation, "DONE");
}

interface Cancelled {
  cancelOperation: { userErrors: { code: string; message: string }[] };
}

/** Cancels an operation on a VM, and waits until it is undone. @throws Error NOT_FOUND, OPERATION_ENDED, NOT_CANCELLABLE */
export async function cancelOperation(session: Session, id: string): Promise<void> {
  const { gateway, patience } = session;
  const found = await operationOnVm(session, id);
  if (!found) return;
  const document = "mutation ($id: ID!) { cancelOperation(input: { id: $id }) { userErrors { code message } } }";
  const answer = await patientQuery<Cancelled>(gateway, document, { id }, patience);
  const [error] = answer?.cancelOperation.userErrors ?? [];
  if (error) throw failure(error.code, error.message);
  await finish(session, found.vm, found.operation, "COMPENSATED");
}

interface Found {
  operation: Operation & { subject: { type: string; id: string } | null };
}

/** Returns an operation with its VM; undefined when the session was interrupted. */
async function operationOnVm(
  { gateway, patience }: Session,
  id: string,
): Promise<{ operation: Operation; vm: Vm } | undefined> {
  const missing = () => failure("NOT_FOUND", `There is no operation ${id} on a VM.`);
  if (!isUuid(id)) throw missing();
  const document = `query ($id: ID!) { operation(id: $id) { ${operationFields} subject { type id } } }`;
  const found = await patientQuery<Found>(gateway, document, { id }, { ...patience, needsListener: true });
  if (!found) return undefined;
  const { subject } = found.operation;
  if (subject?.type !== "Vm") throw missing();
  const vm = await readVm(gateway, subject.id, patience);
  return vm && { operation: found.operation, vm };
}
