import { contains, during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { vmSnapshotHistory } from "./change-history.ts";
import { vmSnapshots } from "./schema/vm-snapshots.ts";

export const vmSnapshotEntity = defineEntity({
  table: vmSnapshots,
  history: vmSnapshotHistory,
  filters: {
    vm: oneOf(vmSnapshots.vmId),
    type: oneOf(vmSnapshots.snapshotType),
    createdAt: during(vmSnapshots.createdAt),
    expiresAt: during(vmSnapshots.expiresAt),
    text: contains(vmSnapshots.name, vmSnapshots.description),
  },
  orders: { CREATED_AT: vmSnapshots.createdAt, NAME: vmSnapshots.name },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.snapshots": by(vmSnapshots.vmId),
  },
});
