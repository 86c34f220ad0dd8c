import type { DomainContext } from "#subgraphs/open-request.ts";
import type { MonitoringLoaders } from "./loaders.ts";

/** The context of a request to this subgraph. */
export type MonitoringContext = DomainContext<MonitoringLoaders>;
