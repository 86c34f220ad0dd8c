import { bytesText } from "../bytes-text.ts";
import { vmNamed } from "../graph/vm-named.ts";
import { query } from "../graph/gateway.ts";
import { tableOf } from "../table.ts";
import { printJson } from "./follow.ts";
import { optionalFields } from "./patient-query.ts";
import type { Session } from "./session.ts";
import {
  jsonOf,
  type Operation,
  operationFields,
  possibleCommands,
  runningStates,
  type Vm,
  vmFields,
} from "./shown.ts";

interface Listed extends Vm {
  resources: { cpuMillicores: number; memoryBytes: number | string; storageBytes: number | string | null };
  operations: { nodes: (Operation | null)[] } | null;
}
interface Page {
  vms: { nodes: Listed[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

const resourceFields = "resources { cpuMillicores memoryBytes storageBytes }";
const current = `operations(first: 1, filter: { state: [${runningStates.join(", ")}] }) { nodes { ${operationFields} } }`;
const pageOf = `query ($after: String, $state: [VmState!]) {
  vms(first: 100, after: $after, filter: { state: $state }, orderBy: { field: NAME, direction: ASC }) {
    nodes { ${vmFields} ${resourceFields} ${current} } pageInfo { hasNextPage endCursor } } }`;

const columns = ["name", "state", "node", "cpu", "memory", "disk", "operation", "id"] as const;

/** Prints the VMs by name, each with the operation that works on it. Deleted ones are listed when `states` names their state. */
export async function listVms({ gateway, json }: Session, states: readonly string[] | undefined): Promise<void> {
  const found: Listed[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { vms }: Page = await query<Page>(gateway, pageOf, { after, state: states ?? null }, optionalFields);
    found.push(...vms.nodes);
    ({ hasNextPage: more, endCursor: after } = vms.pageInfo);
  }
  if (json) printJson(found.map((vm) => jsonOf(vm, operationOf(vm))));
  else process.stdout.write(tableOf(columns, found.map(cellsOf)));
}

const operationOf = ({ operations }: Listed): Operation | null => operations?.nodes[0] ?? null;

const cellsOf = (vm: Listed): string[] => [
  vm.name,
  vm.state,
  vm.node?.name ?? "-",
  ...sizeOf(vm),
  operationOf(vm)?.kind ?? "-",
  vm.id,
];

const sizeOf = ({ resources: { cpuMillicores, memoryBytes, storageBytes } }: Listed): string[] => [
  String(cpuMillicores / 1_000),
  bytesText(memoryBytes),
  storageBytes === null ? "-" : bytesText(storageBytes),
];

const one = `query ($id: ID!) { vm(id: $id) { ${vmFields} ${resourceFields} operations(first: 1) { nodes { ${operationFields} } } } }`;

/** Prints a VM with its newest operation, and what is possible now. @throws Error NOT_FOUND */
export async function showVm({ gateway, json }: Session, name: string): Promise<void> {
  const id = await vmNamed(gateway, name);
  const { vm } = await query<{ vm: Listed }>(gateway, one, { id }, optionalFields);
  const operation = operationOf(vm);
  if (json) return printJson(jsonOf(vm, operation));
  const [cpu, memory, disk] = sizeOf(vm);
  const facts = [
    ["id", vm.id],
    ["state", vm.state],
    ["node", vm.node?.name ?? "-"],
    ["size", `${cpu} CPU, ${memory}, disk ${disk}`],
    ["possible now", (await possibleCommands(gateway, id)).join(", ") || "-"],
    ["operation", operation ? `${operation.id} ${operation.kind} ${operation.state}` : "-"],
    ...(operation?.error ? [["error", `${operation.error.code}: ${operation.error.message}`]] : []),
  ];
  process.stdout.write(`${vm.name}\n${facts.map(([fact = "", value]) => `${fact.padEnd(14)}${value}\n`).join("")}`);
  if (operation)
    process.stdout.write(
      tableOf(
        ["step", "state", "attempts"],
        operation.steps.map((step) => [step.name, step.state, String(step.attempts)]),
      ),
    );
}
