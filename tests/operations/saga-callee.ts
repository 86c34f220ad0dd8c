import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { sql } from "drizzle-orm";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { authAuditLog } from "#db/auth/schema/auth-audit-log.ts";
import type { Database, WriteTx } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import { addVmMigrations } from "#db/federation/record-writes.ts";
import { vmMigrations } from "#db/federation/schema/vm-migrations.ts";
import { addAlertRules } from "#db/monitoring/record-writes.ts";
import { alertRules } from "#db/monitoring/schema/alert-rules.ts";
import { countedWrite } from "#db/row-writes.ts";
import { addAllocations } from "#db/scheduler/record-writes.ts";
import { resourceAllocations } from "#db/scheduler/schema/resource-allocations.ts";
import { statement } from "#db/statement.ts";
import { ofTenant } from "#db/tenant-predicate.ts";
import { importedId } from "#lib/uuid.ts";
import { admit } from "./drill.ts";
import { type RemoteStep, remoteSteps, type SagaCall } from "./saga.ts";

/** A fault that the checker has to find: an undo that does nothing, one that is logged all the same, or an effect that is not idempotent. */
export type Planted = "leak" | "hidden leak" | "double effect";

/** What the steps do in the other domains. Each returns how many rows it wrote. */
type Effect = (tx: WriteTx, call: SagaCall, id: string) => Promise<number>;

const updated = (statementOf: () => ReturnType<typeof sql>): Effect => {
  const update = statement<never>(statementOf);
  return (tx, _call, id) => tx.execute(update, { id, tenantId: tx.tenantId });
};
const id = sql`id = ${sql.placeholder("id")}::uuid`;

const entries = statement<{ action: string }>(
  () => sql`
    select action from ${authAuditLog} where ${ofTenant(authAuditLog.tenantId)} and metadata ->> 'entryId' = ${sql.placeholder("id")}::text`,
);
const noteOnce =
  (action: string, before: readonly string[]): Effect =>
  async (tx, { fence }, entryId) => {
    const known = (await tx.run(entries, { id: entryId, tenantId: tx.tenantId })).map((entry) => entry.action);
    if (known.toString() !== before.toString()) return 0;
    const metadata = { entryId, operationId: fence.operationId };
    await recordAudit(tx, { action, success: true, userId: null, actorName: "saga", metadata });
    return 1;
  };

const effects: Readonly<Record<RemoteStep, { apply: Effect; undo: Effect }>> = {
  claim: {
    apply: (tx, { input: { vmId, nodeId }, fence }, allocationId) =>
      addAllocations(tx, [
        {
          id: allocationId,
          vmId,
          nodeId,
          allocationType: "guaranteed",
          cpuMillicores: 1_000,
          memoryMb: 1_024,
          storageGb: 10,
          metadata: { operationId: fence.operationId },
        },
      ]),
    undo: updated(
      () => sql`
        update ${resourceAllocations} set status = 'deallocated', deallocated_at = now(), ${countedWrite(resourceAllocations)}
        where ${id} and ${ofTenant(resourceAllocations.tenantId)} and status = 'active'`,
    ),
  },
  watch: {
    apply: (tx, { fence }, ruleId) =>
      addAlertRules(tx, [
        {
          id: ruleId,
          name: "saga",
          metricName: "cpu_usage_percent",
          comparisonOperator: ">",
          thresholdValue: 90,
          evaluationWindow: "PT5M",
          severity: "warning",
          metadata: { operationId: fence.operationId },
        },
      ]),
    undo: updated(
      () => sql`
        update ${alertRules} set deleted_at = now(), ${countedWrite(alertRules)}
        where ${id} and ${ofTenant(alertRules.tenantId)} and deleted_at is null`,
    ),
  },
  move: {
    apply: (tx, { input: { vmId, nodeId }, fence }, migrationId) =>
      addVmMigrations(tx, [
        {
          id: migrationId,
          vmId,
          destinationNodeId: nodeId,
          migrationType: "live",
          migrationPlan: {},
          status: "in_progress",
          initiatedBy: vmId,
          metadata: { operationId: fence.operationId },
        },
      ]),
    undo: updated(
      () => sql`
        update ${vmMigrations} set status = 'cancelled', ${countedWrite(vmMigrations)}
        where ${id} and ${ofTenant(vmMigrations.tenantId)} and status = 'in_progress'`,
    ),
  },
  note: { apply: noteOnce("saga.note", []), undo: noteOnce("saga.note_undone", ["saga.note"]) },
};

export interface SagaCallee {
  url: string;
  /** Cuts the connections of the next calls of a step after their commit, so that their responses are lost. */
  loseResponses(step: RemoteStep, what: SagaCall["what"], count: number): void;
  close(): Promise<void>;
}

/**
 * Starts the system that the saga calls: it writes rows of the product in the database of each domain. It outlives the workers that are killed, refuses older
 * tokens, and applies each effect once.
 * @param logged is called after each commit that changed something, for the checker's log
 */
export async function startSagaCallee(
  databases: Readonly<Record<Domain, Database>>,
  logged: (what: "applied" | "undone", call: SagaCall) => void,
  planted?: Planted,
): Promise<SagaCallee> {
  const lost = new Map<string, number>();
  /** Returns the id of what the call made or removed; undefined when it is refused. */
  const perform = async (call: SagaCall): Promise<string | undefined> => {
    const { what, step, fence, tenantId } = call;
    const own = importedId("saga", fence.operationId, step);
    // A callee that is not idempotent makes another object at each call.
    const madeId = planted === "double effect" ? importedId("saga", own, String(fence.token)) : own;
    const changed = await databases[remoteSteps[step]].write({ tenantId, actor: "service:vms" }, async (tx) => {
      if ((await tx.run(admit, { ...fence })).length === 0) return undefined;
      if (what === "undo" && planted === "leak") return 0;
      if (what === "undo" && planted === "hidden leak") return 1;
      return effects[step][what](tx, call, madeId);
    });
    if (changed === undefined) return undefined;
    if (changed > 0) logged(what === "apply" ? "applied" : "undone", call);
    return madeId;
  };
  const server = createServer((request, response) => {
    void (async () => {
      const call = JSON.parse(await text(request)) as SagaCall;
      const made = await perform(call);
      const key = `${call.what} ${call.step}`;
      const left = lost.get(key) ?? 0;
      lost.set(key, left - 1);
      if (left > 0) response.destroy();
      else response.writeHead(made === undefined ? 409 : 200).end(made);
    })().catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseResponses: (step, what, count) => void lost.set(`${what} ${step}`, count),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
