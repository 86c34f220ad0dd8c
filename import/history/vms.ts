import type { VmHistory } from "#subgraphs/vms/vms/record-vms.ts";
import { day, generated, type HistoryFleet, hour, minute, some } from "./history-fleet.ts";

/** Returns a network interface and the past states of every VM, and snapshots of some. */
export function vmHistory(fleet: HistoryFleet): VmHistory {
  const { id, ago, vms } = fleet;
  return {
    networks: vms.map((vm, at) => ({
      id: id("network", vm.id),
      vmId: vm.id,
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
    snapshots: some(fleet, 4, 1, (vm, at) => ({
      id: id("snapshot", vm.id),
      vmId: vm.id,
      name: `${vm.name}-nightly`,
      snapshotType: at % 8 === 1 ? ("scheduled" as const) : ("manual" as const),
      storagePath: `/snapshots/${vm.id}/nightly.qcow2`,
      sizeBytes: vm.resourceConfig.memoryMb * 1024 * 256,
      compressionType: "zstd",
      metadata: generated,
      createdAt: ago(6 * hour + at * minute),
      expiresAt: ago(-14 * day),
    })),
    transitions: vms.flatMap((vm) => {
      const common = { vmId: vm.id, initiatedBy: vm.ownerId, metadata: generated };
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
  };
}

const hex = (value: number) => (value % 256).toString(16).padStart(2, "0");
