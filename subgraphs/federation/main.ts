import "#lib/process/load-environment-file.ts";
import { runLiveSubgraph } from "#runtime/subgraph-process.ts";
import { createFederationSubgraph } from "./subgraph.ts";

await runLiveSubgraph("federation", createFederationSubgraph);
