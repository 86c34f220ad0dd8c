import { afterAll, beforeAll } from "vitest";
import postgres from "postgres";
import { type Database, openDatabase } from "#db/client.ts";
import { projectOperations } from "#db/projections/projected-operations.ts";
import { releaseSlotsOf } from "#db/vms/ended-slots-writes.ts";
import { slotsOfVms, type VmSlot } from "#db/vms/vm-slots.ts";
import { readIn } from "#db/read-in.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import type { OperationState } from "#lib/operations/record.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { callsInProcess } from "#runtime/service-calls.ts";
import { createVmsSubgraph } from "#subgraphs/vms/subgraph.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";

export const [ours, theirs] = [fleetOf(1), fleetOf(2)];

export interface Claim {
  vmId: string;
  operationId: string;
  operationKind: string;
  token: number;
}

let recorded = 0;
let used = 0;
/** Returns the number of a VM that no test has used. */
export const newVm = (): number => (used += 1);

/** Returns the claim of a new operation to one of our VMs. */
export const claimOf = (vm: number, token = 1): Claim => ({
  vmId: ours.id("vm", vm),
  operationId: newOperationId("scheduler"),
  operationKind: "move_vm",
  token,
});

export interface SlotFixture {
  urls: TestDatabases;
  owner: postgres.Sql;
  database: Database;
  /** The same database under its system role. */
  system: Database;
  subgraph: Subgraph;
  /** Resolves to `done`, or to the code and the extensions of the refusal. */
  take(claim: Claim, as?: Partial<Identity>): Promise<SlotAnswer>;
  release(claim: Claim, as?: Partial<Identity>): Promise<SlotAnswer>;
  /** Records the end of an operation, as the projection of operations does. */
  recordEnd(claim: Claim, state: OperationState): Promise<void>;
  /** Does what is done when it is recorded that operations have ended. */
  end(...operationIds: string[]): Promise<number>;
  slots(...vms: number[]): Promise<(VmSlot | null)[]>;
}

export type SlotAnswer = "done" | ({ code: string } & Record<string, unknown>);

/** Creates the vms subgraph on a database with the VMs of two tenants for the tests of a file, and removes it after them. */
export function slotFixture(): SlotFixture {
  const fixture = {} as SlotFixture;
  let stop: () => Promise<void> = async () => undefined;
  beforeAll(async () => {
    const opened = await openFixture();
    ({ stop } = opened);
    Object.assign(fixture, opened);
  });
  afterAll(() => stop());
  return fixture;
}

async function openFixture(): Promise<SlotFixture & { stop(): Promise<void> }> {
  const urls = await cloneDatabases();
  await Promise.all([1, 2].map((number) => insertFleet(urls, number, 40)));
  const url = urls.url("vms");
  const database = await openDatabase({ domain: "vms", url });
  const system = await openDatabase({ domain: "vms", url, as: "system" });
  const owner = postgres(url, { max: 2, onnotice: () => undefined });
  const subgraph = createVmsSubgraph({ database, calls: callsInProcess("vms", []) });
  const send = async (name: string, input: Claim, as: Partial<Identity> = {}): Promise<SlotAnswer> => {
    const identity: Identity = { kind: "service", id: "jobs", tenantId: ours.tenantId, permissions: [], ...as };
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
    const query = `mutation ($input: ${type}) { slot: ${name}(input: $input) { vmId } }`;
    const context = { identity, requestId: "request", deadline: Date.now() + 30_000 };
    const { data, errors } = await subgraph.execute({ query, variables: { input } }, context);
    const [error] = errors ?? [];
    if (error) return error.extensions as SlotAnswer;
    return (data?.["slot"] as { vmId: string } | undefined)?.vmId === input.vmId ? "done" : { code: "OTHER_VM" };
  };
  return {
    urls,
    owner,
    database,
    system,
    subgraph,
    take: (claim, as) => send("takeVmSlot", claim, as),
    release: (claim, as) => send("releaseVmSlot", claim, as),
    recordEnd: ({ operationId, operationKind }, state) => {
      const at = new Date().toISOString();
      const ended = { kind: operationKind, subject: null, state, actor: null, createdAt: at, endedAt: at };
      return system.write({ tenantId: platformTenantId }, (tx) =>
        projectOperations(tx, [{ id: operationId, tenantId: ours.tenantId, ...ended, version: (recorded += 1) }]),
      );
    },
    end: (...operationIds) => system.write({ tenantId: platformTenantId }, (tx) => releaseSlotsOf(tx, operationIds)),
    slots: (...vms) =>
      readIn(database, { tenantId: ours.tenantId }, (tx) =>
        slotsOfVms(
          tx,
          vms.map((vm) => ours.id("vm", vm)),
        ),
      ),
    stop: async () => {
      await Promise.all([database.close(), system.close(), owner.end()]);
      await urls.drop();
    },
  };
}
