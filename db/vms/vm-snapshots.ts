import { contains, during, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type VmSnapshotRow, vmSnapshots } from "./schema/vm-snapshots.ts";

export const vmSnapshotById = lookup<VmSnapshotRow>({ table: vmSnapshots });

export const vmSnapshotList = defineList<VmSnapshotRow>({
  table: vmSnapshots,
  filters: {
    vm: oneOf(vmSnapshots.vmId),
    type: oneOf(vmSnapshots.snapshotType),
    createdAt: during(vmSnapshots.createdAt),
    expiresAt: during(vmSnapshots.expiresAt),
    text: contains(vmSnapshots.name, vmSnapshots.description),
  },
  orders: { CREATED_AT: vmSnapshots.createdAt, NAME: vmSnapshots.name },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});

export const snapshotsOfVm = vmSnapshotList.under(by(vmSnapshots.vmId));
