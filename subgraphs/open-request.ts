import { CallConnections, type Task } from "#db/call-connections.ts";
import type { Database, Tx } from "#db/client.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { OpenContext } from "#lib/subgraph/subgraph.ts";
import type { Services } from "./use-case.ts";

/** A request to a subgraph. @typeParam Of the services of its domain's use cases */
export interface OpenedRequest<Of> {
  readonly request: RequestContext;
  /** The services of one resolver's task. Each resolver reads this property once and so gets a task of its own. */
  readonly services: Of;
}

/** The context of a request to a subgraph. */
export interface DomainContext<Loaders, Of = Services> extends OpenedRequest<Of> {
  readonly loaders: Loaders;
  /**
   * Must be called after each write, because rows that were read before it are out of date. It is also called before each mutation, so that
   * the mutation starts without an open transaction.
   * @param tenantId the tenant whose rows the response is read from, when only the write has determined it
   */
  written(tenantId?: string): void;
}

/**
 * Returns the function that opens a request to a subgraph. The loaders share one read transaction in the caller's tenant, which ends with the request. They
 * are created anew after each write and before each mutation.
 */
export const openWith = <Loaders>(database: Database, createLoaders: (tx: Tx) => Loaders) =>
  openWithServices(database, createLoaders, (task): Services => ({ database: task.on(database) }));

/** The same for a domain whose use cases need more than its database. */
export const openWithServices =
  <Loaders, Of>(
    database: Database,
    createLoaders: (tx: Tx, opened: OpenedRequest<Of>) => Loaders,
    servicesOf: (task: Task) => Of,
  ) =>
  (request: RequestContext, signal: AbortSignal | undefined): OpenContext<DomainContext<Loaders, Of>> => {
    const { deadline, identity } = request;
    const connections = new CallConnections(database);
    const opened = {
      request,
      get services() {
        return servicesOf(connections.task());
      },
    };
    const read = (tenantId: string) => createLoaders(connections.readAs({ tenantId, deadline, signal }), opened);
    let loaders = read(identity.tenantId);
    const context = {
      request,
      get services() {
        return opened.services;
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
