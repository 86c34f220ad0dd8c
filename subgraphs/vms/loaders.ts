import type { Tx } from "#db/client.ts";
import { vmNetworkEntity } from "#db/vms/vm-networks.ts";
import { vmSnapshotEntity } from "#db/vms/vm-snapshots.ts";
import { vmStateTransitionEntity } from "#db/vms/vm-state-transitions.ts";
import { vmTemplateEntity } from "#db/vms/vm-templates.ts";
import { vmEntity } from "#db/vms/vms.ts";
import { entityLoaders } from "#lib/graphql/batching.ts";

/** The entities of this subgraph, by the names of their types. */
export const entities = {
  Vm: vmEntity,
  VmTemplate: vmTemplateEntity,
  VmSnapshot: vmSnapshotEntity,
  VmNetwork: vmNetworkEntity,
  VmStateTransition: vmStateTransitionEntity,
};

export type VmsLoaders = ReturnType<typeof createVmsLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export const createVmsLoaders = (tx: Tx) => entityLoaders(tx, entities);
