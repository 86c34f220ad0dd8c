import "#lib/process/load-environment-file.ts";
import { runCallingSubgraph } from "#runtime/subgraph-process.ts";
import { createVmsSubgraph } from "./subgraph.ts";

await runCallingSubgraph("vms", createVmsSubgraph);
