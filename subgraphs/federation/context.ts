import type { RequestContext } from "#lib/request-context.ts";
import type { FederationLoaders } from "./loaders.ts";

/** The context of a request to this subgraph. */
export interface FederationContext {
  request: RequestContext;
  loaders: FederationLoaders;
}
