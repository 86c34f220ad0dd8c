import type { Database, ReadTx, Scope, Tx } from "./client.ts";
import { SharedReads } from "./shared-reads.ts";

export type { Task };

/**
 * The connections of one call to a subgraph. Its resolvers share one read transaction, which lasts until the call ends. Other work of a resolver is a `Task`. A
 * call that waits for a connection of a pool holds none of that pool, so calls cannot wait for each other:
 * - the shared reads end before a task takes a connection of their pool, and resume in a new snapshot when the task has returned it;
 * - a task that holds a connection of a pool gets no second one;
 * - a task that holds a connection of the system role gets none of the service role. The other order is allowed.
 */
export class CallConnections {
  readonly #database: Database;
  #reads: SharedReads | undefined;
  #ending: Promise<unknown> = Promise.resolve();
  /** Resolves when the last of the tasks that take connections of the reads' pool, one after the other, is done. */
  #turn: Promise<void> | undefined;
  #ended = false;

  /** @param database the database that the call reads from */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns the transaction that the call reads with from now on. Ends the reads before it. Their pending results no longer arrive. */
  readAs(scope: Scope): Tx {
    this.#follow(this.#reads?.end());
    this.#reads = new SharedReads(this.#database, scope, () => this.#turn);
    if (this.#ended) this.#follow(this.#reads.end());
    return this.#reads;
  }

  /** Returns a task, for the steps that one resolver runs in order. */
  task(): Task {
    return new Task(this);
  }

  /** Waits until the call holds no connection of this pool. Keeps the shared reads from taking one until the caller calls the returned function. */
  async turnOf(database: Database): Promise<() => void> {
    if (database !== this.#database) return () => undefined;
    const before = this.#turn;
    let leave: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => (leave = resolve));
    this.#turn = turn;
    await before;
    await this.pauseReads();
    return () => {
      if (this.#turn === turn) this.#turn = undefined;
      leave();
    };
  }

  /** Returns the connection of the shared reads to the pool, after the statements that they have begun. */
  async pauseReads(): Promise<void> {
    this.#follow(this.#reads?.pause());
    await this.#ending;
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#follow(this.#reads?.end());
    await this.#ending;
  }

  #follow(ending: Promise<void> | undefined): void {
    if (ending) this.#ending = Promise.all([this.#ending, ending]);
  }
}

/**
 * The steps that one resolver runs in order. The databases that it uses know which connections it holds. They throw where the task would wait for a connection
 * that another call may hold while that call waits too. They do so in production as well, because calls wait for each other only under load.
 */
class Task {
  readonly #connections: CallConnections;
  readonly #held = new Set<Database>();

  constructor(connections: CallConnections) {
    this.#connections = connections;
  }

  /** Returns the same database, for this task. */
  on(database: Database): Database {
    return {
      ...database,
      read: (scope) => this.#read(database, scope),
      write: async (scope, use) => {
        const release = await this.#take(database);
        return database.write(scope, use).finally(release);
      },
      run: async (statement, values) => {
        this.#refuseSecond(database);
        const release = await this.#connections.turnOf(database);
        return database.run(statement, values).finally(release);
      },
    };
  }

  /**
   * Runs work that takes long and needs no database, such as a hash, while the call holds no connection.
   * @throws Error when the task holds one
   */
  async withoutConnection<T>(work: () => Promise<T>): Promise<T> {
    const [held] = this.#held;
    if (held) throw new Error(`Long work would hold a connection of the ${held.domain} database.`);
    await this.#connections.pauseReads();
    return work();
  }

  #read(database: Database, scope: Scope): ReadTx {
    const tx = database.read(scope);
    let taken: Promise<() => void> | undefined;
    const begun = async (): Promise<Tx> => {
      await (taken ??= this.#take(database));
      return tx;
    };
    return {
      ...tx,
      run: async (statement, values) => (await begun()).run(statement, values),
      execute: async (statement, values) => (await begun()).execute(statement, values),
      end: async () => {
        const release = await taken?.catch(() => undefined);
        await tx.end();
        release?.();
      },
    };
  }

  async #take(database: Database): Promise<() => void> {
    this.#refuseSecond(database);
    this.#held.add(database);
    const leave = await this.#connections.turnOf(database);
    return () => {
      this.#held.delete(database);
      leave();
    };
  }

  #refuseSecond(wanted: Database): void {
    for (const held of this.#held) {
      if (held !== wanted && (held.as === "service" || wanted.as === "system")) continue;
      throw new Error(
        `A task that holds a connection of the ${held.domain} database as ${held.as} waits for one as ${wanted.as}: ` +
          "what belongs together is done in one transaction, the rest before it or after it.",
      );
    }
  }
}
