import { vmNetworkChanges, vmSnapshotChanges, vmStateTransitionChanges } from "#db/vms/changes.ts";
import type { WriteTx } from "#db/client.ts";
import { upsert } from "#db/upsert.ts";
import { vmNetworks } from "#db/vms/schema/vm-networks.ts";
import { vmSnapshots } from "#db/vms/schema/vm-snapshots.ts";
import { vmStateTransitions } from "#db/vms/schema/vm-state-transitions.ts";
import { day, generated, type HistoryFleet, hour, leaveExisting, minute, some } from "./history-fleet.ts";

/** Writes a network interface and the past states of every VM, and snapshots of some. Returns how many rows were written. */
export async function writeVmHistory(tx: WriteTx, fleet: HistoryFleet): Promise<number> {
  const { tenantId, id, ago, vms } = fleet;
  const networks = await upsert(
    tx,
    vmNetworks,
    vms.map((vm, at) => ({
      id: id("network", vm.id),
      vmId: vm.id,
      tenantId,
      networkName: at % 5 === 0 ? "dmz" : "internal",
      interfaceName: "eth0",
      ipAddress: `10.${Math.floor(at / 65_536)}.${Math.floor(at / 256) % 256}.${at % 256}`,
      macAddress: `52:54:00:${hex(at >> 16)}:${hex(at >> 8)}:${hex(at)}`,
      networkType: "bridge",
      vlanId: at % 5 === 0 ? 200 : 100,
      bandwidthLimitMbps: 1_000,
      metadata: generated,
      createdAt: vm.createdAt,
    })),
    { ...leaveExisting, emits: vmNetworkChanges },
  );
  const snapshots = await upsert(
    tx,
    vmSnapshots,
    some(fleet, 4, 1, (vm, at) => ({
      id: id("snapshot", vm.id),
      vmId: vm.id,
      tenantId,
      name: `${vm.name}-nightly`,
      snapshotType: at % 8 === 1 ? ("scheduled" as const) : ("manual" as const),
      storagePath: `/snapshots/${vm.id}/nightly.qcow2`,
      sizeBytes: vm.resourceConfig.memoryMb * 1024 * 256,
      compressionType: "zstd",
      metadata: generated,
      createdAt: ago(6 * hour + at * minute),
      expiresAt: ago(-14 * day),
    })),
    { ...leaveExisting, emits: vmSnapshotChanges },
  );
  const transitions = await upsert(
    tx,
    vmStateTransitions,
    vms.flatMap((vm) => {
      const common = { vmId: vm.id, tenantId, initiatedBy: vm.ownerId, metadata: generated };
      const created = vm.createdAt.getTime();
      const first = { ...common, id: id("transition", vm.id, "creating"), toState: "creating" as const };
      const running = {
        ...common,
        id: id("transition", vm.id, "running"),
        fromState: "creating" as const,
        toState: "running" as const,
      };
      const stopped = {
        ...common,
        id: id("transition", vm.id, "stopped"),
        fromState: "running" as const,
        toState: "stopped" as const,
      };
      return [
        { ...first, reason: "created", createdAt: new Date(created) },
        { ...running, reason: "boot ok", createdAt: new Date(created + 30_000) },
        ...(vm.state === "stopped"
          ? [{ ...stopped, reason: "stopped by its owner", createdAt: new Date(created + 5 * hour) }]
          : []),
      ];
    }),
    { ...leaveExisting, emits: vmStateTransitionChanges },
  );
  return networks + snapshots + transitions;
}

const hex = (value: number) => (value % 256).toString(16).padStart(2, "0");
