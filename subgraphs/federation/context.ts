import type { RequestContext } from "#lib/request-context.ts";
import type { FederationLoaders } from "./loaders.ts";

/** What a request to this subgraph carries. */
export interface FederationContext {
  request: RequestContext;
  loaders: FederationLoaders;
}
