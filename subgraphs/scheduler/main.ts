import "#lib/process/load-environment-file.ts";
import { runSubgraph } from "#runtime/subgraph-process.ts";
import { createSchedulerSubgraph } from "./subgraph.ts";

await runSubgraph("scheduler", createSchedulerSubgraph);
