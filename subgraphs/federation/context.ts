import type { RequestContext } from "#lib/trust/request-context.ts";
import type { FederationLoaders } from "./loaders.ts";

/** The context of a request to this subgraph. */
export interface FederationContext {
  request: RequestContext;
  loaders: FederationLoaders;
}
