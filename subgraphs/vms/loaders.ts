import type { Tx } from "#db/client.ts";
import type { RowOf } from "#db/entity.ts";
import { operationEntity } from "#db/operations/operations.ts";
import { projectedOperationEntity } from "#db/vms/projected-operations.ts";
import { vmNetworkEntity } from "#db/vms/vm-networks.ts";
import { vmSnapshotEntity } from "#db/vms/vm-snapshots.ts";
import { vmStateTransitionEntity } from "#db/vms/vm-state-transitions.ts";
import { vmTemplateEntity } from "#db/vms/vm-templates.ts";
import { slotsOfVms } from "#db/vms/vm-slots.ts";
import { vmEntity } from "#db/vms/vms.ts";
import { entityLoaders, loaderOf } from "#lib/graphql/batching.ts";
import type { Page } from "#lib/graphql/pagination.ts";
import { operationLoaders } from "#subgraphs/operation-fields.ts";

/** The entities of this subgraph, by the names of their types. */
export const entities = {
  Vm: vmEntity,
  VmTemplate: vmTemplateEntity,
  VmSnapshot: vmSnapshotEntity,
  VmNetwork: vmNetworkEntity,
  VmStateTransition: vmStateTransitionEntity,
  VmsOperation: operationEntity,
  Operation: projectedOperationEntity,
};

// Codegen reads the names of the entities, and takes these types for their types of the graph.
export type Row<Type extends keyof typeof entities> = RowOf<(typeof entities)[Type]>;
export type RowPage<Type extends keyof typeof entities> = Page<Row<Type>>;

export type VmsLoaders = ReturnType<typeof createVmsLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export const createVmsLoaders = (tx: Tx) => ({
  ...entityLoaders(tx, entities),
  ...operationLoaders(tx),
  slotOfVm: loaderOf(tx, slotsOfVms),
});
