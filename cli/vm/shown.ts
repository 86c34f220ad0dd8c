import { type Gateway, query } from "../graph/gateway.ts";
import { patientQuery, type Patience } from "./patient-query.ts";

// What the commands read of a VM and of its operation, and how they print it as JSON.

export interface Operation {
  id: string;
  kind: string;
  state: string;
  steps: { name: string; state: string; attempts: number; undoAttempts: number }[];
  waitingFor: string | null;
  resumesAt: string | null;
  error: { code: string; message: string } | null;
}

export interface Vm {
  id: string;
  name: string;
  state: string;
  node: { name: string } | null;
}

export const operationFields = `id kind state steps { name state attempts undoAttempts } waitingFor resumesAt error { code message }`;
export const vmFields = "id name state node { name }";

/** Returns what `--json` prints of a VM. Scripts rely on it: properties are added, and never renamed or removed. */
export const jsonOf = ({ id, name, state, node }: Vm, operation: Operation | null) => ({
  id,
  name,
  state,
  node: node?.name ?? null,
  operation: operation && {
    id: operation.id,
    kind: operation.kind,
    status: operation.state,
    steps: operation.steps.map((step) => ({ name: step.name, state: step.state, attempts: step.attempts })),
    error: operation.error,
  },
});

/** The states in which an operation has ended; a parked one has ended for its workers. */
const endStates: ReadonlySet<string> = new Set(["DONE", "COMPENSATED", "PARKED", "ABANDONED"]);
export const hasEnded = ({ state }: Operation): boolean => endStates.has(state);
/** The other states. */
export const runningStates = ["PENDING", "RUNNING", "WAITING", "COMPENSATING"] as const;

/** Returns an operation by its id; undefined at the signal of `patience`. */
export const readOperation = async (
  gateway: Gateway,
  id: string,
  patience: Patience,
): Promise<Operation | undefined> => {
  const document = `query ($id: ID!) { operation(id: $id) { ${operationFields} } }`;
  return (await patientQuery<{ operation: Operation }>(gateway, document, { id }, patience))?.operation;
};

/** Returns a VM by its id; undefined at the signal of `patience`. */
export const readVm = async (gateway: Gateway, id: string, patience: Patience): Promise<Vm | undefined> =>
  (await patientQuery<{ vm: Vm }>(gateway, `query ($id: ID!) { vm(id: $id) { ${vmFields} } }`, { id }, patience))?.vm;

interface Actions {
  vm: { availableActions: { action: string; allowed: boolean }[] };
}

/** Returns the commands that the state of a VM allows now. */
export async function possibleCommands(gateway: Gateway, vmId: string): Promise<string[]> {
  const document = "query ($id: ID!) { vm(id: $id) { availableActions { action allowed } } }";
  const { vm } = await query<Actions>(gateway, document, { id: vmId });
  return vm.availableActions.filter(({ allowed }) => allowed).map(({ action }) => commandOf(action));
}

const commandOf = (action: string): string => (action === "FORCE_STOP" ? "stop --force" : action.toLowerCase());
