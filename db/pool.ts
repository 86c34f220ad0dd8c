import { setTimeout as delay } from "node:timers/promises";
import type postgres from "postgres";
import { tracedStatement } from "./traced-statement.ts";

type Values = postgres.ParameterOrJSON<never>[];
type Rows = postgres.RowList<postgres.Row[]>;

/** Where statements can be sent to: the pool, or one of its transactions. */
export interface Connection {
  send(text: string, values: Values): Promise<Rows>;
}

const closeTimeoutMs = 5_000;

/**
 * The connections of a postgres.js client, and what that (3.4.9) lacks when one of them breaks. Its transactions go on then: it sends
 * their next statements and their COMMIT or ROLLBACK to the closed connection, which throws where nobody can catch it, or to
 * whoever's transaction that connection serves by now; and it waits for answers that cannot come any more
 * (porsager/postgres#1097, #1155, #1186, #1215). Here a transaction sends nothing once it is over or its connection is gone.
 */
export class Pool implements Connection {
  readonly #client: postgres.Sql;
  readonly #running = new Set<Promise<unknown>>();

  constructor(client: postgres.Sql) {
    this.#client = client;
  }

  /** A statement in no transaction but its own. */
  send(text: string, values: Values): Promise<Rows> {
    const send = () => this.#client.unsafe(text, values, { prepare: true }).execute();
    const sendTwice = () =>
      send().catch((error: unknown) => (isFarewell(error) ? send() : Promise.reject(error as Error)));
    return this.#track(tracedStatement(this.#client.options.database, text, sendTwice));
  }

  /**
   * Runs `use` in a transaction: committed when it resolves, rolled back when it rejects.
   * @param mode what follows BEGIN
   * @throws what `use` or the server throws, and the connection's error as soon as that is gone, whatever `use` is doing
   */
  begin<T>(mode: string, use: (transaction: Connection) => Promise<T>): Promise<T> {
    return this.#track(this.#begin(mode, use));
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
    await this.#client.end({ timeout: 0.1 });
  }

  async #begin<T>(mode: string, use: (transaction: Connection) => Promise<T>, again = true): Promise<T> {
    const transaction = new Transaction(this.#client.options.database);
    try {
      return (await this.#client.begin(mode, (sql) => transaction.run(sql, use))) as T;
    } catch (error) {
      transaction.end(error);
      if (!transaction.begun && again && isFarewell(error)) return this.#begin(mode, use, false);
      throw error;
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const forget = () => this.#running.delete(work);
    work.then(forget, forget);
    return work;
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

/**
 * admin_shutdown, crash_shutdown: the last words of a server. The driver hands them to the next statement on a connection that broke
 * in the middle of one; that statement has not been run.
 */
const isFarewell = (error: unknown): boolean => ["57P01", "57P02"].includes(codeOf(error));
