/** What each root field needs, without which the subgraph does not start, and what of the others not everybody may read. */
export const authorization = {
  "Query.vm": "vm:read",
  "Query.vms": "vm:read",
  "Query.vmTemplate": "template:read",
  "Query.vmTemplates": "template:read",
  "Query.vmSnapshots": "vm:read",
  "Query.vmStateTransitions": "vm:read",
  "Query.vmNetworks": "vm:read",
  "Subscription.vmStateChanged": "vm:read",
  // By whatever way they are reached.
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
