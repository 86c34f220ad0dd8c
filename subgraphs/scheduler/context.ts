import type { RequestContext } from "#lib/trust/request-context.ts";
import type { SchedulerLoaders } from "./loaders.ts";

/** The context of a request to this subgraph. */
export interface SchedulerContext {
  request: RequestContext;
  loaders: SchedulerLoaders;
}
