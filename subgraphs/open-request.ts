import type { Database, Tx } from "#db/client.ts";
import type { RequestContext } from "#lib/request-context.ts";
import type { OpenContext } from "#lib/subgraph.ts";

/** What a request to a subgraph carries. */
interface LoaderContext<Loaders> {
  request: RequestContext;
  loaders: Loaders;
}

/** How a subgraph opens a request: its loaders share one read transaction in the caller's tenant, which ends with the request. */
export const openWith =
  <Loaders>(database: Database, createLoaders: (tx: Tx) => Loaders) =>
  (request: RequestContext, signal: AbortSignal | undefined): OpenContext<LoaderContext<Loaders>> => {
    const tx = database.read({ tenantId: request.identity.tenantId, deadline: request.deadline, signal });
    return { context: { request, loaders: createLoaders(tx) }, close: () => tx.end() };
  };
