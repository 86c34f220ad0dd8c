import { vmNamed } from "../graph/vm-named.ts";
import { begin, type Mutation } from "./begin.ts";
import { finish, printJson, sentenceOf } from "./follow.ts";
import type { Session } from "./session.ts";
import { jsonOf } from "./shown.ts";

/** For how long a mutation is sent again, in milliseconds. */
const longestBeginMs = 60_000;

export interface Act {
  mutation: Mutation;
  input: Readonly<Record<string, unknown>>;
  /** The name of the VM or its id, for messages. */
  vm: string;
  /** Whether the command ends when the operation has started. */
  noWait?: boolean | undefined;
}

/** Starts an operation, and follows it to its end. @throws Error with the code of the refusal or of the failure */
export async function act(session: Session, { mutation, input, vm: name, noWait = false }: Act): Promise<void> {
  const { lines, commandOf } = session;
  const begun = await begin(session, mutation, input, longestBeginMs);
  if (!begun) {
    lines.print(`It is not known whether the request was received. See \`${commandOf("show", name)}\`.`);
    return;
  }
  const { vm, operation } = begun;
  if (operation && !noWait) return finish(session, vm, operation, "DONE");
  if (session.json) printJson(jsonOf(vm, operation));
  else if (operation === null) process.stdout.write(`${sentenceOf(vm)} already\n`);
  else process.stdout.write(`${sentenceOf(vm)}. Follow it with \`${commandOf("follow", operation.id)}\`.\n`);
}

/** As `act`, on a VM by its name or its id. @throws Error NOT_FOUND */
export async function actOn(
  session: Session,
  mutation: Mutation,
  name: string,
  { noWait, ...input }: { noWait?: boolean } & Record<string, unknown>,
): Promise<void> {
  const vmId = await vmNamed(session.gateway, name);
  await act(session, { mutation, input: { ...input, vmId }, vm: vmId, noWait });
}
