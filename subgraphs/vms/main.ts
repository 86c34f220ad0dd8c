import "#lib/process/load-environment-file.ts";
import { runLiveSubgraph } from "#runtime/subgraph-process.ts";
import { createVmsSubgraph } from "./subgraph.ts";

await runLiveSubgraph("vms", createVmsSubgraph);
