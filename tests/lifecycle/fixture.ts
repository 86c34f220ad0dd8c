import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { Replaceable } from "#lib/replaceable.ts";
import { closeDatabases, type Databases, openDatabases } from "#runtime/databases.ts";
import { type OperationOptions, startOperations } from "#runtime/operations/start-operations.ts";
import { callsInProcess } from "#runtime/service-calls.ts";
import { newId } from "#lib/uuid.ts";
import { until } from "#tests/events/until.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { SimulatedProcess } from "#tests/hypervisors/simulated-process.ts";

export interface Node {
  id: string;
  name: string;
}

/** A product whose operations run on a simulated hypervisor. */
export interface Lifecycle {
  product: TestProduct;
  hypervisor: SimulatedProcess;
  nodes: Node[];
  /** The databases under their system roles. */
  systems: Databases;
  /** Sends a mutation with `vm`, `operation` and `userErrors` in its payload. @throws Error for errors of the request */
  mutate(name: string, input: Record<string, unknown>): Promise<Payload>;
  /** Creates a VM, and resolves when its operation has ended. */
  created(input?: Record<string, unknown>): Promise<string>;
  /** Resolves when the operation has ended. */
  ended(operationId: string | undefined): Promise<EndedOperation>;
  vm(id: string): Promise<VmView>;
  /** The claims of a VM that count, and their nodes. */
  claims(vmId: string): Promise<{ node_id: string; status: string }[]>;
}

export interface Payload {
  vm: { id: string; state: string } | null;
  operation: { id: string } | null;
  userErrors: { code: string; field: string[] | null; message: string }[];
}

export interface EndedOperation {
  state: string;
  error: { code: string; message: string } | null;
  steps: { name: string; state: string; attempts: number }[];
}

export interface VmView {
  state: string;
  version: number;
  node: { id: string } | null;
  transitions: { nodes: { fromState: string | null; toState: string; operation: { id: string } | null }[] };
  availableActions: { action: string; allowed: boolean; reason: string | null }[];
}

const ended = new Set(["DONE", "COMPENSATED", "PARKED", "ABANDONED"]);
export const small = { cpuMillicores: 500, memoryBytes: 512 * 2 ** 20, storageBytes: 10 * 2 ** 30 };
let names = 0;
export const newName = (): string => `vm-${(names += 1)}`;

/** Starts one for the tests of a file, with this many nodes of 8 cores and 16 GiB, and stops it after them. */
export function lifecycleFixture({ nodes = 3 } = {}): Lifecycle {
  const fixture = {} as Lifecycle;
  let stop: () => Promise<void> = async () => undefined;
  beforeAll(async () => {
    const opened = await openLifecycle(nodes);
    ({ stop } = opened);
    Object.assign(fixture, opened);
  });
  afterAll(() => stop());
  return fixture;
}

interface LifecycleOptions {
  /** Whether other processes run the operations. */
  worksElsewhere?: boolean;
  /** How often each node has 8 cores and 16 GiB. */
  nodeSize?: number;
}

/** Starts one with this many nodes. */
export async function openLifecycle(
  count: number,
  { worksElsewhere = false, nodeSize = 1 }: LifecycleOptions = {},
): Promise<Lifecycle & { stop(): Promise<void> }> {
  const [product, hypervisor] = await Promise.all([bootProduct({ withEvents: true }), SimulatedProcess.start()]);
  const nodes = await insertNodes(product, count, nodeSize);
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-"));
  const server = { url: product.urls.url, embedded: false, stop: async () => undefined };
  const systems: Databases = await openDatabases(server, "system");
  const calls = callsInProcess("jobs", product.subgraphs);
  const options: OperationOptions = {
    server,
    services: product.databases,
    systems,
    calls,
    hypervisor: hypervisor.client,
    environment: {
      auditCheckpoints: join(folder, "audit-checkpoints.jsonl"),
      eventRetentionSeconds: 86_400,
      operationRetentionSeconds: 86_400,
      changeRetentionSeconds: 365 * 86_400,
      vmRetentionSeconds: 7 * 86_400,
    },
    signingKeys: new Replaceable([{ id: "one", secret: "1".repeat(43) }]),
  };
  const operations = worksElsewhere ? undefined : startOperations(options);
  const ask = async <Data>(query: string, variables: Record<string, unknown>): Promise<Data> => {
    const { data, errors } = await product.ask(query, variables);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data as Data;
  };
  const lifecycle: Lifecycle = {
    product,
    hypervisor,
    nodes,
    systems,
    mutate: async (name, input) => {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
      const query = `mutation ($input: ${type}) { payload: ${name}(input: $input) { vm { id state } operation { id } userErrors { code field message } } }`;
      return (await ask<{ payload: Payload }>(query, { input })).payload;
    },
    created: async (input = {}) => {
      const { vm, operation, userErrors } = await lifecycle.mutate("createVm", {
        name: newName(),
        resources: small,
        ...input,
      });
      if (!vm) throw new Error(JSON.stringify(userErrors));
      const { state, error } = await lifecycle.ended(operation?.id);
      if (state !== "DONE") throw new Error(JSON.stringify(error));
      return vm.id;
    },
    ended: async (operationId) => {
      let found: EndedOperation | undefined;
      const query =
        "query ($id: ID!) { operation(id: $id) { state error { code message } steps { name state attempts } } }";
      await until(`operation ${operationId} has ended`, async () => {
        found = (await ask<{ operation: EndedOperation }>(query, { id: operationId })).operation;
        return ended.has(found.state);
      });
      return found as EndedOperation;
    },
    vm: async (id) => {
      const query = `query ($id: ID!) { vm(id: $id) { state version node { id } availableActions { action allowed reason }
        transitions(first: 20) { nodes { fromState toState operation { id } } } } }`;
      return (await ask<{ vm: VmView }>(query, { id })).vm;
    },
    claims: (vmId) =>
      asOwner(
        product.urls.url("scheduler"),
        (sql) =>
          sql<{ node_id: string; status: string }[]>`
          select node_id, status from resource_allocations where vm_id = ${vmId} and status <> 'deallocated'`,
      ),
  };
  return {
    ...lifecycle,
    stop: async () => {
      await operations?.stop();
      await calls.close();
      await product.stop();
      await closeDatabases(systems);
      await hypervisor.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function insertNodes({ urls }: TestProduct, count: number, size: number): Promise<Node[]> {
  const nodes = Array.from({ length: count }, (_, at) => ({ id: newId(), name: `node-${at + 1}` }));
  const amounts = {
    cpuMillicores: 8_000 * size,
    memoryMb: 16_384 * size,
    storageGb: 1_000 * size,
    networkMbps: 0,
    gpuCount: 0,
    gpuMilli: 0,
  };
  const none = { cpuMillicores: 0, memoryMb: 0, storageGb: 0, networkMbps: 0, gpuCount: 0, gpuMilli: 0 };
  await asOwner(urls.url("scheduler"), async (sql) => {
    for (const { id, name } of nodes)
      await sql`
        insert into nodes (id, name, hostname, ip_address, node_type, capacity, allocatable, allocated, status, inventoried_at)
        values (${id}, ${name}, ${name}, '10.0.0.1', 'compute', ${sql.json(amounts)}, ${sql.json(amounts)}, ${sql.json(none)}, 'ready', now())`;
  });
  return nodes;
}
