import type { Database, Scope } from "#db/client.ts";
import type { RowMetadata } from "#db/columns.ts";
import { moveAlert, type OpenAlert, openAlerts as open, raiseAlerts } from "#db/monitoring/alert-writes.ts";
import { readIn } from "#db/read-in.ts";
import { newId } from "#lib/uuid.ts";
import type { Breach } from "./breaches.ts";

export type { OpenAlert };

/** Returns the tenant's open alerts, ordered by how long they have been in their state, longest first. */
export const openAlerts = (database: Database, scope: Scope): Promise<OpenAlert[]> => readIn(database, scope, open);

export interface BreachAlert {
  breach: Breach;
  vm: { id: string; name: string; nodeId: string | null };
  startedAt: Date;
  labels: Readonly<Record<string, string>>;
  metadata: RowMetadata;
}

/** Raises a pending alert about a VM that breaks a rule. @returns false when the rule already has an open alert about the VM */
export const raiseAlert = async (
  database: Database,
  scope: Scope,
  { breach: { rule, sample }, vm, startedAt, labels, metadata }: BreachAlert,
): Promise<boolean> => {
  const value = sample.cpuUsagePercent;
  const alert = {
    id: newId(),
    tenantId: scope.tenantId,
    ruleId: rule.id,
    vmId: vm.id,
    nodeId: vm.nodeId,
    state: "pending" as const,
    severity: rule.severity,
    value,
    message: `${vm.name}: CPU at ${value?.toFixed(1)} %`,
    labels: { ...labels, metric: "cpu_usage_percent" },
    metadata,
    startedAt,
  };
  return (await database.write(scope, (tx) => raiseAlerts(tx, [alert]))) > 0;
};

/** Fires a pending alert. @returns false when its state has changed meanwhile */
export const fireAlert = (database: Database, scope: Scope, id: string): Promise<boolean> =>
  database.write(scope, (tx) => moveAlert(tx, { id, from: "pending", to: "firing" }));

/** Resolves a firing alert. @returns false when its state has changed meanwhile */
export const resolveAlert = (database: Database, scope: Scope, id: string): Promise<boolean> =>
  database.write(scope, (tx) => moveAlert(tx, { id, from: "firing", to: "resolved" }));
