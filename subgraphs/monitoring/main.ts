import "#lib/process/load-environment-file.ts";
import { runLiveSubgraph } from "#runtime/subgraph-process.ts";
import { createMonitoringSubgraph } from "./subgraph.ts";

await runLiveSubgraph("monitoring", createMonitoringSubgraph);
