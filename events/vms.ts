import { entityEvents, id, idOrNull, recordEvent, tags, text, textOrNull } from "./catalogue.ts";

/** What the vms domain tells the others. */
export const vmsEvents = {
  // What projections of other domains keep of a VM: docs/events.md.
  ...entityEvents("vm", "Vm", "A VM", { name: text, state: text, nodeId: idOrNull, ownerId: id, tags }),
  ...entityEvents("vm_template", "VmTemplate", "A template", { name: text, version: text }),
  ...entityEvents("vm_snapshot", "VmSnapshot", "A snapshot", { vmId: id, name: text, snapshotType: text }),
  ...entityEvents("vm_network", "VmNetwork", "A VM's network interface", { vmId: id, networkName: text }),
  ...recordEvent("vm_state_transition", "VmStateTransition", "A change of a VM's state", {
    vmId: id,
    fromState: textOrNull,
    toState: text,
    reason: textOrNull,
    // Of the VM, so that who follows states need not ask which of them concern him.
    nodeId: idOrNull,
    ownerId: id,
    tags,
  }),
};
