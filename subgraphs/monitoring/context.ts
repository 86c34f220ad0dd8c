import type { RequestContext } from "#lib/trust/request-context.ts";
import type { MonitoringLoaders } from "./loaders.ts";

/** The context of a request to this subgraph. */
export interface MonitoringContext {
  request: RequestContext;
  loaders: MonitoringLoaders;
}
