/** What each root field needs, without which the subgraph does not start, and what of the others not everybody may read. */
export const authorization = {
  "Query.vm": "vm:read",
  "Query.vms": "vm:read",
  "Query.vmTemplate": "template:read",
  "Query.vmTemplates": "template:read",
  "Query.vmSnapshots": "vm:read",
  "Query.vmStateTransitions": "vm:read",
  "Query.vmNetworks": "vm:read",
};
