import type { DomainContext } from "#subgraphs/open-request.ts";
import type { SchedulerLoaders } from "./loaders.ts";
import type { SchedulerServices } from "./services.ts";

/** The context of a request to this subgraph. */
export type SchedulerContext = DomainContext<SchedulerLoaders, SchedulerServices>;
