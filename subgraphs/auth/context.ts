import type { RequestContext } from "#lib/request-context.ts";
import type { AuthLoaders } from "./loaders.ts";

/** What a request to this subgraph carries. */
export interface AuthContext {
  request: RequestContext;
  loaders: AuthLoaders;
}
