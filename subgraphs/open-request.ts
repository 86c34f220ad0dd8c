import type { Database, Tx } from "#db/client.ts";
import type { RequestContext } from "#lib/request-context.ts";
import type { OpenContext } from "#lib/subgraph.ts";

/** What a request to a subgraph carries. */
export interface LoaderContext<Loaders> {
  readonly request: RequestContext;
  readonly loaders: Loaders;
}

/** What a request to a subgraph that also writes carries. */
export interface WritingContext<Loaders, Services> extends LoaderContext<Loaders> {
  readonly services: Services;
  /**
   * To be called after each write: what was read before it is no longer what is there.
   * @param tenantId whose rows the answer is read from now on, when the write has only found out
   */
  written(tenantId?: string): void;
}

/** How a subgraph opens a request: its loaders share one read transaction in the caller's tenant, which ends with the request. */
export const openWith =
  <Loaders>(database: Database, createLoaders: (tx: Tx) => Loaders) =>
  (request: RequestContext, signal: AbortSignal | undefined): OpenContext<LoaderContext<Loaders>> => {
    const tx = database.read({ tenantId: request.identity.tenantId, deadline: request.deadline, signal });
    return { context: { request, loaders: createLoaders(tx) }, close: () => tx.end() };
  };

/** The same of a subgraph that also writes: after a write the loaders begin anew. */
export const openWriting =
  <Loaders, Services>(database: Database, createLoaders: (tx: Tx) => Loaders, services: Services) =>
  (request: RequestContext, signal: AbortSignal | undefined): OpenContext<WritingContext<Loaders, Services>> => {
    const { deadline, identity } = request;
    const ended: Promise<void>[] = [];
    let tx = database.read({ tenantId: identity.tenantId, deadline, signal });
    let loaders = createLoaders(tx);
    const context = {
      request,
      services,
      get loaders() {
        return loaders;
      },
      written: (tenantId = identity.tenantId) => {
        ended.push(tx.end());
        tx = database.read({ tenantId, deadline, signal });
        loaders = createLoaders(tx);
      },
    };
    const close = async () => {
      await Promise.all([...ended, tx.end()]);
    };
    return { context, close };
  };
