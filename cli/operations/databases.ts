import { type Database, openDatabase } from "#db/client.ts";
import { type Domain, domains } from "#db/columns.ts";
import { listOperations, type ListedOperation, type OperationsWanted } from "#db/operations/operation-list.ts";
import { domainOfOperation } from "#lib/operations/operation-id.ts";
import { isUuid } from "#lib/uuid.ts";
import { type Databases, type DatabaseServer, withSystems } from "#runtime/databases.ts";
import type { Environment } from "#runtime/environment.ts";

/** The databases as the commands on operations use them. */
export interface OperationDatabases {
  /** Returns operations of all databases, newest first. */
  list(wanted: OperationsWanted & { domain?: Domain | undefined }): Promise<ListedOperation[]>;
  /** @throws Error NOT_FOUND */
  read(id: string): Promise<ListedOperation>;
  /** Runs `use` with the database of an operation's domain, under the role of the service. */
  withService<T>(domain: Domain, use: (database: Database) => Promise<T>): Promise<T>;
}

/** Opens the databases of an installation, with or without a running server. */
export const withOperations = <T>(environment: Environment, use: (of: OperationDatabases) => Promise<T>): Promise<T> =>
  withSystems(environment, (systems, server) => use(operationDatabases(systems, server)));

const operationDatabases = (systems: Databases, server: DatabaseServer): OperationDatabases => ({
  list: async ({ domain, ...wanted }) => {
    const asked = domain === undefined ? domains : [domain];
    const found = (await Promise.all(asked.map((each) => listOperations(systems[each], wanted)))).flat();
    return found.toSorted((one, other) => other.createdAt.getTime() - one.createdAt.getTime()).slice(0, wanted.limit);
  },
  read: async (id) => {
    const domain = isUuid(id) ? domainOfOperation(id) : undefined;
    const [found] = domain ? await listOperations(systems[domain], { id, limit: 1 }) : [];
    if (!found) throw failure("NOT_FOUND", `There is no operation ${id}.`);
    return found;
  },
  withService: async (domain, run) => {
    const database = await openDatabase({ domain, url: server.url(domain, "service"), maxConnections: 1 });
    try {
      return await run(database);
    } finally {
      await database.close();
    }
  },
});

/** Returns an error that ends the command with its code. */
export const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });
