import type { RequestContext } from "#lib/request-context.ts";
import type { MonitoringLoaders } from "./loaders.ts";

/** What a request to this subgraph carries. */
export interface MonitoringContext {
  request: RequestContext;
  loaders: MonitoringLoaders;
}
