import type { RequestContext } from "#lib/request-context.ts";
import type { VmsLoaders } from "./loaders.ts";

/** What a request to this subgraph carries. */
export interface VmsContext {
  request: RequestContext;
  loaders: VmsLoaders;
}
