import type { RequestContext } from "#lib/request-context.ts";
import type { SchedulerLoaders } from "./loaders.ts";

/** What a request to this subgraph carries. */
export interface SchedulerContext {
  request: RequestContext;
  loaders: SchedulerLoaders;
}
