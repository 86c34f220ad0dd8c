import type { Tx } from "#db/client.ts";
import { networksOfVm, vmNetworkById, vmNetworkList } from "#db/vms/vm-networks.ts";
import { snapshotsOfVm, vmSnapshotById, vmSnapshotList } from "#db/vms/vm-snapshots.ts";
import { transitionsOfVm, vmStateTransitionById, vmStateTransitionList } from "#db/vms/vm-state-transitions.ts";
import { vmTemplateById, vmTemplateList, vmTemplatesOfOwner, vmTemplatesOfTenant } from "#db/vms/vm-templates.ts";
import { vmById, vmList, vmsOfOwner, vmsOfTemplate, vmsOfTenant, vmsOnNode } from "#db/vms/vms.ts";
import { loadersOn } from "#lib/graphql/batching.ts";

export type VmsLoaders = ReturnType<typeof createVmsLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export function createVmsLoaders(tx: Tx) {
  const { one, list, among, under } = loadersOn(tx);
  return {
    vmById: one(vmById),
    vms: list(vmList),
    vmsOnNode: under(vmsOnNode),
    vmsOfOwner: under(vmsOfOwner),
    vmsOfTenant: under(vmsOfTenant),
    vmsOfTemplate: under(vmsOfTemplate),
    templateById: one(vmTemplateById),
    templates: list(vmTemplateList),
    templatesOfOwner: under(vmTemplatesOfOwner),
    templatesOfTenant: under(vmTemplatesOfTenant),
    snapshotById: one(vmSnapshotById),
    snapshots: list(vmSnapshotList),
    snapshotsOfVm: under(snapshotsOfVm),
    networkById: one(vmNetworkById),
    networks: list(vmNetworkList),
    networksOfVm: under(networksOfVm),
    isTransitionAmong: among(vmStateTransitionList),
    transitionById: one(vmStateTransitionById),
    transitions: list(vmStateTransitionList),
    transitionsOfVm: under(transitionsOfVm),
  };
}
