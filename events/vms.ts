import {
  entityEvents,
  id,
  idOrNull,
  recordEvent,
  removableEvents,
  tags,
  text,
  textOrNull,
  time,
  timeOrNull,
} from "./catalogue.ts";
import { operationEvents } from "./operations.ts";

/** The events that the vms domain emits. */
export const vmsEvents = {
  // The fields that projections of other domains store about a VM: docs/events.md.
  ...entityEvents("vm", "Vm", "A VM", { name: text, state: text, nodeId: idOrNull, ownerId: id, tags }),
  ...entityEvents("vm_template", "VmTemplate", "A template", { name: text, version: text }),
  ...entityEvents("vm_snapshot", "VmSnapshot", "A snapshot", { vmId: id, name: text, snapshotType: text }),
  ...entityEvents("vm_network", "VmNetwork", "A VM's network interface", { vmId: id, networkName: text }),
  ...recordEvent(
    "vm_state_transition",
    "VmStateTransition",
    "A change of a VM's state",
    {
      vmId: id,
      fromState: textOrNull,
      toState: text,
      reason: textOrNull,
      // Fields of the VM, so that a subscriber can filter transitions without a query for the VM.
      nodeId: idOrNull,
      ownerId: id,
      tags,
    },
    ["nodeId", "ownerId", "tags"],
  ),
  ...operationEvents("vms_operation", "VmsOperation", "vms"),
  // An operation of any domain, when this one has learned of the change: what `operations` and `operationProgressed` show.
  ...removableEvents("operation", "Operation", "A durable operation of any domain", {
    kind: text,
    subjectType: textOrNull,
    subjectId: idOrNull,
    state: text,
    actor: textOrNull,
    createdAt: time,
    endedAt: timeOrNull,
  }),
};
