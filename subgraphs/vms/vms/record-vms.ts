import type { Database, Scope } from "#db/client.ts";
import type { RecordedRow } from "#db/record-rows.ts";
import { addNetworks, addOrResizeVms, addSnapshots, addStateTransitions, addVms } from "#db/vms/record-writes.ts";
import type { vmNetworks } from "#db/vms/schema/vm-networks.ts";
import type { vmSnapshots } from "#db/vms/schema/vm-snapshots.ts";
import type { vmStateTransitions } from "#db/vms/schema/vm-state-transitions.ts";
import type { vms } from "#db/vms/schema/vms.ts";

/**
 * Records VMs that exist already, such as those of an imported trace.
 * @param existing what becomes of VMs that are recorded already: they stay as they are, or get the given size
 * @returns how many were added or resized
 */
export const recordVms = (
  database: Database,
  scope: Scope,
  recorded: readonly RecordedRow<typeof vms>[],
  existing: "keep" | "resize",
): Promise<number> =>
  database.write(scope, (tx) => (existing === "keep" ? addVms(tx, recorded) : addOrResizeVms(tx, recorded)));

/** What VMs have and what happened to them before they were recorded. */
export interface VmHistory {
  networks: readonly RecordedRow<typeof vmNetworks>[];
  snapshots: readonly RecordedRow<typeof vmSnapshots>[];
  transitions: readonly RecordedRow<typeof vmStateTransitions>[];
}

/** Records the history of VMs. What is recorded already stays as it is. @returns how many rows were added */
export const recordVmHistory = (
  database: Database,
  scope: Scope,
  { networks, snapshots, transitions }: VmHistory,
): Promise<number> =>
  database.write(
    scope,
    async (tx) =>
      (await addNetworks(tx, networks)) +
      (await addSnapshots(tx, snapshots)) +
      (await addStateTransitions(tx, transitions)),
  );
