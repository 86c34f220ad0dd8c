import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { onTestFinished } from "vitest";
import { openDatabase } from "#db/client.ts";
import { type Domain, domains } from "#db/columns.ts";
import { signalOperation } from "#db/operations/requests.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { recordNodes } from "#subgraphs/scheduler/nodes/nodes.ts";
import { recordVms } from "#subgraphs/vms/vms/record-vms.ts";
import { type EndedOperation, violations } from "./callee.ts";
import type { Course } from "./kills.ts";
import { createCallee } from "./drill.ts";
import { type Fixture, operationsFixture, type StoredOperation } from "./fixture.ts";
import { callsOf, saga, sagaEffects, type SagaInput } from "./saga.ts";
import { type Planted, type SagaCallee, startSagaCallee } from "./saga-callee.ts";

export interface SagaWorld {
  fixture: Fixture;
  callee: SagaCallee;
  /** Adds a VM that is stopped, and returns the input of a saga that starts it. */
  newInput(): Promise<SagaInput>;
  /** Compares the checker's log with the five databases and with how the sagas ended. Returns every contradiction. */
  audit(): Promise<string[]>;
}

const size = { cpuMillicores: 1_000, memoryMb: 1_024, storageGb: 10, networkMbps: 100, gpuCount: 0, gpuMilli: 0 };
const system = { tenantId: platformTenantId, actor: "job:test" };
const definition = saga(() => Promise.reject(new Error("Only a worker runs steps.")));

/** The ways through a saga: each is undone or done as a whole, or is parked and lists what it leaves behind. */
export function sagaCourses({ newInput }: SagaWorld) {
  const course = (
    more: Pick<SagaInput, "failAt" | "stuckAt">,
    ends: Course<SagaInput>["ends"],
    whileItWaits: Course<SagaInput>["whileItWaits"] = { signal: "approved" },
  ): Course<SagaInput> => ({
    definition,
    asked: async () => {
      const input = await newInput();
      return { input: { ...input, ...more }, subject: `Vm:${input.vmId}` };
    },
    whileItWaits,
    ends,
  });
  return {
    works: course({}, "done"),
    fails: course({ failAt: "note" }, "compensated"),
    isCancelled: course({}, "compensated", "cancel"),
    isStuck: course({ failAt: "note", stuckAt: "watch" }, "parked"),
  };
}

/** Runs a saga in this process to its end. */
export async function runSaga(
  { fixture, callee, newInput }: SagaWorld,
  more: Pick<SagaInput, "failAt" | "stuckAt">,
  ends: Course<SagaInput>["ends"],
): Promise<StoredOperation & { id: string }> {
  const input = { ...(await newInput()), ...more };
  const stop = fixture.work([saga(callsOf(callee.url))]);
  const id = await fixture.start(definition, { input, subject: `Vm:${input.vmId}` });
  await fixture.service.write(fixture.scope, (tx) => signalOperation(tx, id, "approved", null));
  const ended = await fixture.reached(id, ends);
  await stop();
  return { ...ended, id };
}

/** How often each effect is in the database of its step. */
const stored: Readonly<Record<(typeof sagaEffects)[number], { domain: Domain; query: string }>> = {
  claim: {
    domain: "scheduler",
    query: `select metadata ->> 'operationId' as id from resource_allocations where status = 'active'`,
  },
  start: {
    domain: "vms",
    query: `select operations.id from operations join vms on subject = 'Vm:' || vms.id where vms.state = 'running'`,
  },
  watch: {
    domain: "monitoring",
    query: `select metadata ->> 'operationId' as id from alert_rules where deleted_at is null`,
  },
  move: {
    domain: "federation",
    query: `select metadata ->> 'operationId' as id from migrations where status = 'in_progress'`,
  },
  place: {
    domain: "vms",
    query: `select operations.id from operations join vms on subject = 'Vm:' || vms.id where node_id is not null`,
  },
  note: {
    domain: "auth",
    query: `
      select metadata ->> 'operationId' as id from auth_audit_log noted where action = 'saga.note' and not exists (
        select from auth_audit_log where action = 'saga.note_undone' and metadata ->> 'entryId' = noted.metadata ->> 'entryId')`,
  },
};

/** Clones all five databases, with a node, and starts the saga's callee. The checker's log is a file that only grows. */
export async function sagaWorld(planted?: Planted): Promise<SagaWorld> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-saga-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, "log");
  const write = (what: string, id: string, step: string) => appendFileSync(log, `${what} ${id} ${step}\n`);
  appendFileSync(log, "");

  const fixture = await operationsFixture({ of: domains, tenantId: platformTenantId });
  const urlOf = (domain: Domain) => fixture.urls.url(domain);
  const owners = Object.fromEntries(
    domains.map((domain) => [domain, postgres(urlOf(domain), { max: 1, onnotice: () => undefined })]),
  ) as Record<Domain, postgres.Sql>;
  const databases = Object.fromEntries(
    await Promise.all(
      domains.map(async (domain) => {
        if (domain !== "vms") await createCallee(owners[domain], domain);
        return [domain, await openDatabase({ domain, url: urlOf(domain), maxConnections: 4 })] as const;
      }),
    ),
  ) as Record<Domain, Fixture["service"]>;
  const callee = await startSagaCallee(
    databases,
    (what, { fence, step }) => write(what, fence.operationId, step),
    planted,
  );
  onTestFinished(async () => {
    await callee.close();
    await Promise.all(domains.flatMap((domain) => [databases[domain].close(), owners[domain].end()]));
  });

  const nodeId = newId();
  const node = { id: nodeId, name: "saga", hostname: "saga", ipAddress: "10.0.0.1", nodeType: "compute" as const };
  await recordNodes(
    databases.scheduler,
    system,
    {
      clusters: [],
      nodes: [{ ...node, capacity: size, allocatable: size, allocated: size, status: "ready" }],
    },
    "keep",
  );
  return {
    fixture,
    callee,
    newInput: async () => {
      const vmId = newId();
      const vm = { id: vmId, name: vmId, state: "stopped" as const, hypervisorType: "kvm" as const, ownerId: vmId };
      await recordVms(databases.vms, system, [{ ...vm, resourceConfig: size }], "keep");
      return { vmId, nodeId };
    },
    audit: async () => {
      const ended = await owners.vms<{ id: string; state: EndedOperation["state"]; left: { step: string }[] | null }[]>`
        select id, state, left_behind as left from operations where kind = 'saga'`;
      const entries = readFileSync(log, "utf8").split("\n").filter(Boolean);
      // What the steps of the vms domain do in their transactions is in the journal of its database.
      for (const { what, key } of await owners.vms<{ what: string; key: string }[]>`
        select what, operation_id || ' ' || step as key from journal where step in ('start', 'place')`)
        entries.push(`${what} ${key}`);
      const keysOf = (what: string) =>
        entries.flatMap((entry) => (entry.startsWith(`${what} `) ? [entry.slice(what.length + 1)] : []));
      const counts = new Map<string, number>();
      for (const step of sagaEffects) {
        const { domain, query } = stored[step];
        for (const { id } of await owners[domain].unsafe<{ id: string }[]>(query))
          counts.set(`${id} ${step}`, (counts.get(`${id} ${step}`) ?? 0) + 1);
      }
      return violations(
        ended.map(({ left, ...each }) => ({
          ...each,
          effects: sagaEffects,
          leftBehind: (left ?? []).map(({ step }) => step),
        })),
        { applied: keysOf("applied"), undone: keysOf("undone") },
        counts,
      );
    },
  };
}
