import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { Admission, type Patience } from "./admission.ts";
import { type Domain, serviceRole, systemRole } from "./columns.ts";
import { connectFailure } from "./connect-failure.ts";
import { hasGivenWay, hasNoSlot, isUnreachable, publicError, retriableError } from "./database-errors.ts";
import { pooledUnder, statementTimeoutMs } from "./driver-settings.ts";
import { type Connection, Pool } from "./pool.ts";
import { requireConfinedLogin } from "./service-login.ts";
import type { Statement } from "./statement.ts";

/** The tenant and actor of a transaction. Row-level security shows only the rows of this tenant. */
export interface Scope {
  tenantId: string;
  /** When the caller stops waiting (milliseconds since the epoch). The server cancels statements then. */
  deadline?: number | undefined;
  signal?: AbortSignal | undefined;
  /** The actor, for the events and the change history of the writes: `user:<id>`, `service:<name>`, `job:<name>`, `command:<name>`. */
  actor?: string | undefined;
  requestId?: string | undefined;
  /** The durable operation of which the transaction is a step, for the change history. */
  operationId?: string | undefined;
}

/** A transaction, as query functions take it. Statements of one transaction are pipelined on one connection. */
export interface Tx {
  readonly domain: Domain;
  readonly tenantId: string;
  readonly actor: string | undefined;
  readonly requestId: string | undefined;
  run<Row>(statement: Statement<Row>, values?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  /** Runs a statement whose rows are not needed. Returns how many rows it wrote. */
  execute(statement: Statement<never>, values?: Readonly<Record<string, unknown>>): Promise<number>;
}

/** A read-write transaction. */
export interface WriteTx extends Tx {
  /**
   * Sends a statement without waiting for its result, so it costs no round trip of its own. When the statement fails, the whole transaction fails, and `write`
   * rejects with the reason.
   */
  enqueue(statement: Statement<never>, values?: Readonly<Record<string, unknown>>): void;
}

/** A read transaction that begins at its first statement and shows one snapshot until `end`. */
export interface ReadTx extends Tx {
  /** Returns the connection to the pool after the statements that were begun before. Resolves when that is done. */
  end(): Promise<void>;
}

/** The connections of one domain's database under one role. */
export interface Database {
  readonly domain: Domain;
  /** The role: `service` is bound to one tenant per transaction; `system` is for jobs that cross tenants. */
  readonly as: "service" | "system";
  /** Returns a read transaction that opens nothing until its first statement. The caller must `end` it. */
  read(scope: Scope): ReadTx;
  /**
   * Runs `use` in a read-write transaction. Commits when `use` resolves, and rolls back when it rejects. When the server aborts the transaction in favour of
   * another (deadlock, serialization failure), it is retried a few times: `use` may be called more than once.
   */
  write<T>(scope: Scope, use: (tx: WriteTx) => Promise<T>): Promise<T>;
  /** Runs one statement in a transaction of its own, without a tenant: for jobs under the system role. */
  run<Row>(statement: Statement<Row>, values?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  /** Returns whether a trivial statement gets an answer within a second, or would wait only because every connection is in use. */
  reachable(): Promise<boolean>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  domain: Domain;
  /** A connection URL whose user is the domain's role; in development also a user who may `SET ROLE` to it. */
  url: string;
  as?: Database["as"];
  maxConnections?: number;
}

/**
 * Opens a domain's database.
 * @throws PublicError DATABASE_UNAVAILABLE, or an Error `LOGIN_REFUSED`, `RLS_BYPASSED` or `LOGIN_NOT_CONFINED` when the login is more than its role
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { domain, url, as = "service", maxConnections = 8 } = options;
  const role = as === "service" ? serviceRole(domain) : systemRole(domain);
  const settings = pooledUnder(role);
  let arrays: Pick<postgres.Sql["options"], "parsers" | "serializers"> | undefined;
  const pool = new Pool(new URL(url).pathname.slice(1), (onclose) => {
    // The driver queries the types of arrays on each new connection. A connection that breaks meanwhile would end the process with a rejection that no code can
    // handle. All connections share the first one's result.
    const client = postgres(url, { ...settings, onclose, fetch_types: !arrays });
    Object.assign(client.options.parsers, arrays?.parsers);
    Object.assign(client.options.serializers, arrays?.serializers);
    return client;
  });
  const admission = new Admission(
    { places: maxConnections, writers: writersOf(options) },
    { isUnreachable, hasNoSlot },
  );
  await admission
    .enter({}, () =>
      pool.use(async (client) => {
        await requireConfinedLogin(client, domain);
        arrays = client.options;
      }),
    )
    .catch(async (error: unknown) => {
      await pool.close();
      throw connectFailure(error, { domain, url });
    });
  return {
    domain,
    as,
    read: (scope) => readTransaction(pool, admission, domain, scope),
    write: (scope, use) => {
      const patience = patienceOf(scope);
      return retried(
        () => admission.enter(patience, () => writeTransaction(pool, domain, scope, patience, use), "writes"),
        patience,
      );
    },
    run: async <Row>(statement: Statement<Row>, values?: Readonly<Record<string, unknown>>) =>
      (await retried(() => admission.enter({}, () => sent(pool, statement, values)))) as unknown as Row[],
    reachable: async () => {
      // When all connections are in use, they work: a busy service is not unavailable.
      if (admission.isFull) return true;
      return Promise.race([
        admission
          .enter({}, () => pool.send("select 1", []))
          .then(
            () => true,
            () => false,
          ),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1_000).unref()),
      ]);
    },
    close: () => pool.close(),
  };
}

/**
 * Returns how many connections of a pool may write at once. Writers wait for each other's locks, but readers wait for none. In a pool that requests use, half
 * of the connections stay available to readers.
 */
const writersOf = ({ as = "service", maxConnections = 8 }: DatabaseOptions): number =>
  as === "service" && maxConnections >= 4 ? Math.ceil(maxConnections / 2) : maxConnections;

/**
 * Runs all reads of one request in one transaction. There is one BEGIN and one tenant binding for any number of statements. All reads share one snapshot, so
 * that a page and its nested objects agree. Statements wait for each other on the server, never for a round trip.
 */
function readTransaction(pool: Pool, admission: Admission, domain: Domain, scope: Scope): ReadTx {
  const patience = patienceOf(scope);
  let transaction: Promise<Tx> | undefined;
  let finish: () => void = () => undefined;
  let finished: Promise<unknown> = Promise.resolve();
  const ended = new Promise<void>((resolve) => (finish = resolve));

  const begin = () =>
    new Promise<Tx>((resolve, reject) => {
      finished = admission
        .enter(patience, () =>
          pool.begin("isolation level repeatable read read only", async (connection) => {
            // Not awaited: the server runs it before the statements that follow, and fails the whole transaction if it fails.
            bindRead(connection, scope, patience).catch(() => undefined);
            resolve(transactionOf(connection, domain, scope, publicError));
            await ended;
          }),
        )
        .catch((error: unknown) => reject(publicError(error)));
    });

  let pending = 0;
  let isEnding = false;
  const inTransaction = async <T>(use: (tx: Tx) => Promise<T>): Promise<T> => {
    scope.signal?.throwIfAborted();
    pending += 1;
    try {
      return await use(await (transaction ??= begin()));
    } finally {
      pending -= 1;
      if (isEnding && pending === 0) finish();
    }
  };
  return {
    domain,
    tenantId: scope.tenantId,
    actor: scope.actor,
    requestId: scope.requestId,
    run: (statement, values) => inTransaction((tx) => tx.run(statement, values)),
    execute: (statement, values) => inTransaction((tx) => tx.execute(statement, values)),
    end: async () => {
      isEnding = true;
      if (pending === 0) finish();
      await finished;
    },
  };
}

async function writeTransaction<T>(
  pool: Pool,
  domain: Domain,
  scope: Scope,
  patience: Patience,
  use: (tx: WriteTx) => Promise<T>,
): Promise<T> {
  const unawaited: Promise<unknown>[] = [];
  const enqueue = (answer: Promise<unknown>) => {
    answer.catch(() => undefined);
    unawaited.push(answer);
  };
  const result = await pool.begin("", async (connection) => {
    enqueue(bindWrite(connection, scope, patience));
    return use({
      ...transactionOf(connection, domain, scope, retriableError),
      enqueue: (statement, values) => enqueue(sent(connection, statement, values)),
    });
  });
  // When a statement has failed, the server answers the COMMIT with a rollback and without an error.
  await Promise.all(unawaited);
  return result;
}

/** Returns the deadline on a clock that does not jump, measured from the moment at which the caller begins to wait. */
const patienceOf = ({ deadline, signal }: Scope): Patience => ({
  endsAt: deadline === undefined ? undefined : performance.now() + deadline - Date.now(),
  signal,
});

const bindings = (names: readonly string[]) =>
  `select ${names.map((name, at) => `set_config('${name}', $${at + 1}, true)`).join(", ")}`;
const readBindings = bindings(["app.tenant_id", "statement_timeout"]);
// The triggers of the change history read who changes rows, by which request and operation.
const writeBindings = bindings([
  "app.tenant_id",
  "statement_timeout",
  "app.actor",
  "app.request_id",
  "app.operation_id",
]);

/** Binds a read transaction to its tenant and its time limit, until its end. */
const bindRead = (connection: Connection, { tenantId }: Scope, patience: Patience): Promise<unknown> =>
  connection.send(readBindings, [tenantId, timeoutOf(patience)]);

/** Binds a write transaction to its tenant, its time limit and its author, until its end. */
const bindWrite = (
  connection: Connection,
  { tenantId, actor = "", requestId = "", operationId = "" }: Scope,
  patience: Patience,
): Promise<unknown> => connection.send(writeBindings, [tenantId, timeoutOf(patience), actor, requestId, operationId]);

function timeoutOf({ endsAt }: Patience): string {
  const remaining = endsAt === undefined ? statementTimeoutMs : Math.max(1, Math.ceil(endsAt - performance.now()));
  return String(Math.min(remaining, statementTimeoutMs));
}

/** @param translate maps a statement's error to the error that its caller receives */
function transactionOf(
  connection: Connection,
  domain: Domain,
  { tenantId, actor, requestId }: Scope,
  translate: (error: unknown) => unknown,
): Tx {
  const answered = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error: unknown) => {
      throw translate(error);
    });
  return {
    domain,
    tenantId,
    actor,
    requestId,
    run: async <Row>(statement: Statement<Row>, values?: Readonly<Record<string, unknown>>) =>
      (await answered(sent(connection, statement, values))) as unknown as Row[],
    execute: async (statement, values) => (await answered(sent(connection, statement, values))).count,
  };
}

const sent = async (
  connection: Connection,
  statement: Statement<unknown>,
  values: Readonly<Record<string, unknown>> = {},
) => await connection.send(statement.text(), statement.parameters(values) as postgres.ParameterOrJSON<never>[]);

const maxAttempts = 4;
async function retried<T>(attempt: () => Promise<T>, { endsAt = Infinity }: Patience = {}): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasGivenWay(error) || attempts === maxAttempts || performance.now() > endsAt) throw publicError(error);
      // Random delays keep the two transactions from colliding again.
      await delay(Math.random() * 20 * attempts);
    }
  }
}
