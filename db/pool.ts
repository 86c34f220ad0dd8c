import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { tracedStatement } from "./traced-statement.ts";

type Values = postgres.ParameterOrJSON<never>[];
type Rows = postgres.RowList<postgres.Row[]>;

/** A target for statements: the pool, or one of its transactions. */
export interface Connection {
  send(text: string, values: Values): Promise<Rows>;
}

const closeTimeoutMs = 5_000;

/** Opens one client of the driver with one connection. @param onClose called when that connection has closed, for whatever reason */
export type OpenClient = (onClose: () => void) => postgres.Sql;

/** A connection that answered within this time is taken for open: its transaction does not wait for the answer to BEGIN. */
const takenForOpenMs = 1_000;

/**
 * A pool of postgres.js connections. Each is a client of its own, and is discarded once it has closed. The class adds what the driver (3.4.9) lacks when a
 * connection breaks.
 *
 * The driver's transactions continue on a broken connection. The driver sends their next statements and their COMMIT or ROLLBACK to the closed connection. They
 * throw where no code can catch the error, or end up in the transaction that the connection serves by then. The driver also waits for answers that can no
 * longer arrive (porsager/postgres#1097, #1155, #1186, #1215). And they wait for the answer to BEGIN, a round trip for every request.
 *
 * The driver's own pool reopens the connection with the remaining state of the old one. A statement that arrived between the socket's error and its close never
 * gets an answer, or gets the answer of the next statement. After a statement that was still to be written, nothing is written any more. In this class, a
 * transaction sends nothing once it is over or its connection is gone.
 */
export class Pool implements Connection {
  readonly #database: string;
  readonly #openClient: OpenClient;
  readonly #clients = new Set<PooledClient>();
  readonly #idle: PooledClient[] = [];
  readonly #running = new Set<Promise<unknown>>();

  constructor(database: string, openClient: OpenClient) {
    this.#database = database;
    this.#openClient = openClient;
  }

  /** Runs a statement in a transaction of its own. */
  send(text: string, values: Values): Promise<Rows> {
    return this.use((sql) =>
      tracedStatement(this.#database, text, () => sql.unsafe(text, values, { prepare: true }).execute()),
    );
  }

  /**
   * Runs `use` in a transaction: committed when it resolves, rolled back when it rejects or when one of its statements has failed.
   * @param mode what follows BEGIN
   * @throws what `use` or the server throws; when the connection breaks, its error at once, whatever `use` is doing
   */
  async begin<T>(mode: string, use: (transaction: Connection) => Promise<T>, again = true): Promise<T> {
    const transaction = new Transaction(this.#database);
    try {
      return await this.#withClient((client) => transaction.run(client, mode, use));
    } catch (error) {
      // The connection had closed while it was idle, and this process had not noticed yet: nothing was done on it.
      if (!transaction.used && again && isBroken(error)) return this.begin(mode, use, false);
      throw error;
    }
  }

  /** Gives `use` a connection for itself, a new one when all are in use. The caller limits how many there may be. */
  use<T>(use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    return this.#withClient((client) => use(client.sql));
  }

  async #withClient<T>(use: (client: PooledClient) => Promise<T>): Promise<T> {
    const client = this.#idle.pop() ?? this.#open();
    const work = use(client);
    this.#running.add(work);
    try {
      const result = await work;
      client.answeredAt = performance.now();
      return result;
    } catch (error) {
      if (isConnectionError(error) || isFatal(error)) client.discard();
      throw error;
    } finally {
      this.#running.delete(work);
      if (!client.discarded) this.#idle.push(client);
    }
  }

  /** Waits for running work, 5 s at most, then ends all connections. */
  async close(): Promise<void> {
    const waiting = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#running),
      delay(closeTimeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined),
    ]);
    waiting.abort();
    // Only the messages that close the connections are left to send; the driver would wait for broken connections.
    await Promise.all([...this.#clients].map(({ sql }) => sql.end({ timeout: 0.1 })));
  }

  #open(): PooledClient {
    const client = new PooledClient(this.#openClient, () => {
      this.#clients.delete(client);
      const place = this.#idle.indexOf(client);
      if (place >= 0) this.#idle.splice(place, 1);
    });
    this.#clients.add(client);
    return client;
  }
}

class PooledClient {
  readonly sql: postgres.Sql;
  discarded = false;
  /** When work on it last succeeded, on the clock that does not jump. */
  answeredAt = -Infinity;
  /** Called when the connection is gone, by the transaction that it serves. */
  onLost: () => void = () => undefined;
  readonly #onDiscard: () => void;

  constructor(open: OpenClient, onDiscard: () => void) {
    this.#onDiscard = onDiscard;
    this.sql = open(() => this.discard());
  }

  /** Rejects the statements that still wait for an answer: the driver would reopen a connection for them. */
  discard(): void {
    if (this.discarded) return;
    this.discarded = true;
    this.#onDiscard();
    this.onLost();
    void this.sql.end({ timeout: 0 });
  }
}

/** One transaction, from BEGIN until it is over or its connection is gone. */
class Transaction {
  /** Whether `use` was called. */
  used = false;
  readonly #database: string;
  /** The first error of a statement: the server rolls the transaction back, whatever `use` made of the error. */
  #failure: unknown;
  #over: Error | undefined;
  #gone = false;
  #lose: (error: unknown) => void = () => undefined;
  readonly #lost = new Promise<never>((_, reject) => {
    this.#lose = reject;
  });

  constructor(database: string) {
    this.#database = database;
    this.#lost.catch(() => undefined);
  }

  async run<T>(client: PooledClient, mode: string, use: (transaction: Connection) => Promise<T>): Promise<T> {
    client.onLost = () => this.#end(connectionClosed());
    let reserved: postgres.ReservedSql | undefined;
    try {
      const isTakenForOpen = performance.now() - client.answeredAt < takenForOpenMs;
      const begin = `begin ${mode}`;
      // Not by a reservation: the driver answers none for which it would have to open a connection.
      if (!isTakenForOpen) await this.#answer(client.sql.unsafe(begin));
      // Bound to the connection: the driver would send the statements of an unbound client to a connection that it opens anew.
      const sql = (reserved = await Promise.race([client.sql.reserve(), this.#lost]));
      if (isTakenForOpen) this.#answer(sql.unsafe(begin)).catch(() => undefined);
      this.used = true;
      const result = await this.#used(sql, use);
      await this.#answer(sql.unsafe("commit"));
      return result;
    } finally {
      client.onLost = () => undefined;
      if (!client.discarded && !this.#gone) reserved?.release();
    }
  }

  /** Returns the result of `use`. When it or a statement failed, rolls back and throws. */
  async #used<T>(sql: postgres.ReservedSql, use: (transaction: Connection) => Promise<T>): Promise<T> {
    try {
      const used = use({
        send: (text, values) => tracedStatement(this.#database, text, () => this.#send(sql, text, values)),
      });
      const result = await Promise.race([used, this.#lost]);
      if (this.#failure !== undefined) throw this.#failure as Error;
      return result;
    } catch (error) {
      // The caller receives the error of the broken connection; nothing is sent to it any more.
      if (!this.#gone) await this.#answer(sql.unsafe("rollback"));
      throw isAborted(error) ? (this.#failure ?? error) : error;
    } finally {
      this.#over ??= new Error("A statement came after the end of its transaction.");
    }
  }

  async #send(sql: postgres.ReservedSql, text: string, values: Values): Promise<Rows> {
    if (this.#over) throw this.#over;
    try {
      return await this.#answer(sql.unsafe(text, values, { prepare: true }));
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  /** Sends a statement at once. Returns the server's answer, or the error of the connection as soon as it is gone. */
  async #answer(query: postgres.PendingQuery<postgres.Row[]>): Promise<Rows> {
    try {
      return await Promise.race([query.execute(), this.#lost]);
    } catch (error) {
      if (isConnectionError(error)) this.#end(error);
      throw error;
    }
  }

  /** Called when the connection is gone. */
  #end(error: unknown): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#over = error as Error;
    this.#lose(error);
  }
}

/** The error that the driver gives statements whose connection closes before their answer. */
const connectionClosed = (): Error =>
  Object.assign(new Error("The connection to the database closed."), {
    code: "CONNECTION_CLOSED",
    errno: "CONNECTION_CLOSED",
  });

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");

/**
 * Returns whether the connection was closed with this error, or will be in a moment. Errors of the socket and the driver's own have an `errno`; those of
 * streams and TLS do not.
 */
export const isConnectionError = (error: unknown): boolean =>
  error instanceof Error && ("errno" in error || /^(EPIPE$|ERR_(STREAM|SSL|TLS)_)/.test(codeOf(error)));

/** Returns whether a connection that had been open was closed, by either side. */
const isBroken = (error: unknown): boolean =>
  ["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED", "ECONNRESET", "EPIPE", "57P01", "57P02"].includes(
    codeOf(error),
  );

/** Returns whether the server refused a statement because one before it in the transaction had failed. */
const isAborted = (error: unknown): boolean => codeOf(error) === "25P02";

/** Returns whether the error is the server's last message on a connection, as it begins or later. */
const isFatal = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && ["FATAL", "PANIC"].includes(error.severity);
