import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { tracedStatement } from "./traced-statement.ts";

type Values = postgres.ParameterOrJSON<never>[];
type Rows = postgres.RowList<postgres.Row[]>;

/** Where statements can be sent to: the pool, or one of its transactions. */
export interface Connection {
  send(text: string, values: Values): Promise<Rows>;
}

const closeTimeoutMs = 5_000;

/** One client of the driver with one connection. @param onClose to be called when that has closed, for whatever reason */
export type OpenClient = (onClose: () => void) => postgres.Sql;

/**
 * Connections of postgres.js, each a client of its own that is thrown away once it has closed, and what the driver (3.4.9) lacks when one
 * breaks. Its transactions go on then: it sends their next statements and their COMMIT or ROLLBACK to the closed connection, which
 * throws where nobody can catch it, or to whoever's transaction that connection serves by now; and it waits for answers that cannot come
 * any more (porsager/postgres#1097, #1155, #1186, #1215). Its own pool opens the connection anew with what was left of the old one:
 * a statement that came between the socket's error and its close is never answered, or given the answer to the next one; and after one that
 * was still to be written nothing is written any more. Here a transaction sends nothing once it is over or its connection is gone.
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

  /** A statement in no transaction but its own. */
  send(text: string, values: Values): Promise<Rows> {
    return this.use((sql) =>
      tracedStatement(this.#database, text, () => sql.unsafe(text, values, { prepare: true }).execute()),
    );
  }

  /**
   * Runs `use` in a transaction: committed when it resolves, rolled back when it rejects.
   * @param mode what follows BEGIN
   * @throws what `use` or the server throws, and the connection's error as soon as that is gone, whatever `use` is doing
   */
  async begin<T>(mode: string, use: (transaction: Connection) => Promise<T>, again = true): Promise<T> {
    const transaction = new Transaction(this.#database);
    try {
      return await this.use(async (sql) => (await sql.begin(mode, (begun) => transaction.run(begun, use))) as T);
    } catch (error) {
      transaction.end(error);
      // One that had been closed while it was idle, without our having heard of it yet: nothing was done on it.
      if (!transaction.begun && again && isBroken(error)) return this.begin(mode, use, false);
      throw error;
    }
  }

  /** Gives `use` a connection for itself, a new one when all are in use: how many that may be is for the caller to say. */
  async use<T>(use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const client = this.#idle.pop() ?? this.#open();
    const work = use(client.sql);
    this.#running.add(work);
    try {
      return await work;
    } catch (error) {
      if (isConnectionError(error) || isFatal(error)) client.discard();
      throw error;
    } finally {
      this.#running.delete(work);
      if (!client.discarded) this.#idle.push(client);
    }
  }

  /** Waits for what is running, 5 s at most, then ends all connections. */
  async close(): Promise<void> {
    const waiting = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#running),
      delay(closeTimeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined),
    ]);
    waiting.abort();
    // Only goodbyes are left to be said; broken connections would be waited for.
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
  readonly #onDiscard: () => void;

  constructor(open: OpenClient, onDiscard: () => void) {
    this.#onDiscard = onDiscard;
    this.sql = open(() => this.discard());
  }

  /** Rejects what still waits for an answer: the driver would open a connection anew for it. */
  discard(): void {
    if (this.discarded) return;
    this.discarded = true;
    this.#onDiscard();
    void this.sql.end({ timeout: 0 });
  }
}

/** One transaction, from BEGIN until it is over or its connection is gone. */
class Transaction {
  begun = false;
  readonly #database: string;
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

  async run<T>(sql: postgres.TransactionSql, use: (transaction: Connection) => Promise<T>): Promise<T> {
    this.begun = true;
    try {
      return await use({
        send: (text, values) => tracedStatement(this.#database, text, () => this.#send(sql, text, values)),
      });
    } finally {
      // The driver would send COMMIT or ROLLBACK now. Its caller has learned of the broken connection already.
      if (this.#gone) await new Promise<never>(() => undefined);
      this.#over = new Error("A statement came after the end of its transaction.");
    }
  }

  /** The driver has given it up: if that comes before its own end, the connection is gone. */
  end(error: unknown): void {
    if (this.#over) return;
    this.#gone = true;
    this.#over = error as Error;
    this.#lose(error);
  }

  async #send(sql: postgres.TransactionSql, text: string, values: Values): Promise<Rows> {
    if (this.#over) throw this.#over;
    try {
      return await Promise.race([sql.unsafe(text, values, { prepare: true }).execute(), this.#lost]);
    } catch (error) {
      if (isConnectionError(error)) this.end(error);
      throw error;
    }
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");

/**
 * Whether the connection was closed with this error, or will be in a moment. Errors of the socket and the driver's own have an
 * `errno`; those of streams and TLS do not.
 */
export const isConnectionError = (error: unknown): boolean =>
  error instanceof Error && ("errno" in error || /^(EPIPE$|ERR_(STREAM|SSL|TLS)_)/.test(codeOf(error)));

/** Whether a connection that had been there was closed, by whoever did it. */
const isBroken = (error: unknown): boolean =>
  ["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED", "ECONNRESET", "EPIPE", "57P01", "57P02"].includes(
    codeOf(error),
  );

/** The server's last words on a connection, as it begins or later. */
const isFatal = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && ["FATAL", "PANIC"].includes(error.severity);
