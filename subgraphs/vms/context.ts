import type { RequestContext } from "#lib/trust/request-context.ts";
import type { VmsLoaders } from "./loaders.ts";

/** The context of a request to this subgraph. */
export interface VmsContext {
  request: RequestContext;
  loaders: VmsLoaders;
}
