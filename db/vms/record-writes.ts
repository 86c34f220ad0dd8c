import { recorder } from "../record-rows.ts";
import {
  vmChanges,
  vmNetworkChanges,
  vmSnapshotChanges,
  vmStateTransitionChanges,
  vmTemplateChanges,
} from "./changes.ts";

export const addTemplates = recorder(vmTemplateChanges);
export const addVms = recorder(vmChanges);
/** Adds VMs, and gives existing ones the size of the given ones. Their placement, state and name may have changed since. */
export const addOrResizeVms = recorder(vmChanges, { update: ["resourceConfig"] });
export const addNetworks = recorder(vmNetworkChanges);
export const addSnapshots = recorder(vmSnapshotChanges);
export const addStateTransitions = recorder(vmStateTransitionChanges);
