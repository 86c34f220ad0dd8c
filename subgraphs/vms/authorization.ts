/** The permission or policy of each root field, required for the subgraph to start, and of each other type and field with restricted access. */
export const authorization = {
  "Query.vm": "vm:read",
  "Query.vms": "vm:read",
  "Query.vmTemplate": "template:read",
  "Query.vmTemplates": "template:read",
  "Query.vmSnapshots": "vm:read",
  "Query.vmStateTransitions": "vm:read",
  "Query.vmNetworks": "vm:read",
  "Subscription.vmStateChanged": "vm:read",
  // On every path by which they are reached.
  Vm: "vm:read",
  VmConnection: "vm:read",
  VmSnapshot: "vm:read",
  VmSnapshotConnection: "vm:read",
  VmNetwork: "vm:read",
  VmNetworkConnection: "vm:read",
  VmStateTransition: "vm:read",
  VmStateTransitionConnection: "vm:read",
  VmTemplate: "template:read",
  VmTemplateConnection: "template:read",
};
