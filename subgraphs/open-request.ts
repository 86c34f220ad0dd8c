import { CallConnections, type Task } from "#db/call-connections.ts";
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
  /** Of the task of one resolver: each takes its own, once. */
  readonly services: Services;
  /**
   * To be called after each write: what was read before it is no longer what is there. It is called before each mutation, which then finds no
   * transaction open.
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

/** The same of a subgraph that also writes: after a write, and for each mutation, the loaders begin anew. */
export const openWriting =
  <Loaders, Services>(database: Database, createLoaders: (tx: Tx) => Loaders, servicesOf: (task: Task) => Services) =>
  (request: RequestContext, signal: AbortSignal | undefined): OpenContext<WritingContext<Loaders, Services>> => {
    const { deadline, identity } = request;
    const connections = new CallConnections(database);
    const read = (tenantId: string) => createLoaders(connections.readAs({ tenantId, deadline, signal }));
    let loaders = read(identity.tenantId);
    const context = {
      request,
      get services() {
        return servicesOf(connections.task());
      },
      get loaders() {
        return loaders;
      },
      written: (tenantId = identity.tenantId) => {
        loaders = read(tenantId);
      },
    };
    return { context, close: () => connections.end() };
  };
