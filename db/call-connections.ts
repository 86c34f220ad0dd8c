import type { Database, ReadTx, Scope, Tx } from "./client.ts";
import { SharedReads } from "./shared-reads.ts";

export type { Task };

/**
 * The connections of one call to a subgraph. Its resolvers share one read transaction, which lasts until the call ends. What a resolver does
 * besides is a `Task`. A call that waits for a connection of a pool holds none of that pool, so calls cannot wait for each other:
 * - the shared reads end before a task takes a connection of their pool, and begin anew, in a new snapshot, when the task has given it back;
 * - a task that holds a connection of a pool gets no second one;
 * - a task that holds a connection of the system role gets none of the service role. The other order is allowed.
 */
export class CallConnections {
  readonly #database: Database;
  #reads: SharedReads | undefined;
  #ending: Promise<unknown> = Promise.resolve();
  /** Of the tasks that take connections of the reads' pool, one after the other: when the last of them is done. */
  #turn: Promise<void> | undefined;
  #ended = false;

  /** @param database the one that the call reads from */
  constructor(database: Database) {
    this.#database = database;
  }

  /** What the call reads with from now on. The reads before it end, and what they would read no longer arrives. */
  readAs(scope: Scope): Tx {
    this.#follow(this.#reads?.end());
    this.#reads = new SharedReads(this.#database, scope, () => this.#turn);
    if (this.#ended) this.#follow(this.#reads.end());
    return this.#reads;
  }

  /** For what one resolver does, step after step. */
  task(): Task {
    return new Task(this);
  }

  /**
   * Waits until the call holds no connection of this pool, and keeps the shared reads from taking one until the returned function is called.
   */
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

  /** Gives the connection of the shared reads back, after the statements that they have begun. */
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
 * What one resolver does, step after step. The databases that it uses know which connections it holds, and throw where it would wait for one that
 * another call may hold while that one waits too: in production as well, because calls wait for each other under load only.
 */
class Task {
  readonly #connections: CallConnections;
  readonly #held = new Set<Database>();

  constructor(connections: CallConnections) {
    this.#connections = connections;
  }

  /** The same database, for this task. */
  on(database: Database): Database {
    return {
      ...database,
      read: (scope) => this.#read(database, scope),
      write: async (scope, use) => {
        const giveBack = await this.#take(database);
        return database.write(scope, use).finally(giveBack);
      },
      run: async (statement, values) => {
        this.#refuseSecond(database);
        const giveBack = await this.#connections.turnOf(database);
        return database.run(statement, values).finally(giveBack);
      },
    };
  }

  /**
   * Runs what takes long and needs no database, such as a hash, while the call holds no connection.
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
        const giveBack = await taken?.catch(() => undefined);
        await tx.end();
        giveBack?.();
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
