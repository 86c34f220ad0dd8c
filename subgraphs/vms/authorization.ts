/** What each root field needs. Fields without an entry stop the start of the subgraph. */
export const authorization = {
  "Query.vm": "vm:read",
  "Query.vms": "vm:read",
  "Query.vmTemplate": "template:read",
  "Query.vmTemplates": "template:read",
  "Query.vmSnapshots": "vm:read",
  "Query.vmStateTransitions": "vm:read",
  "Query.vmNetworks": "vm:read",
};
