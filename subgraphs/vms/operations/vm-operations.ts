import type { WriteTx } from "#db/client.ts";
import type { OperationDefinition } from "#lib/operations/definition.ts";
import { createVmOperation } from "../creation/create-vm-operation.ts";
import { deleteVmOperation } from "../deletion/delete-vm-operation.ts";
import { purgeVmOperation } from "../deletion/purge-vm-operation.ts";
import { undeleteVmOperation } from "../deletion/undelete-vm-operation.ts";
import { powerActions, powerOperation } from "../power/power-operations.ts";
import { startVmOperation } from "../power/start-vm-operation.ts";
import type { GetMachinery } from "./machinery.ts";

/** Returns the operations that work on VMs and their machines. */
export const vmOperations = (machinery: GetMachinery): OperationDefinition<WriteTx>[] => [
  createVmOperation(machinery),
  deleteVmOperation(machinery),
  undeleteVmOperation(machinery),
  purgeVmOperation(machinery),
  startVmOperation(machinery),
  ...powerActions.map((action) => powerOperation(machinery, action)),
];
