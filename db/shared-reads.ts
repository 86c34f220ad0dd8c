import type { Database, ReadTx, Scope, Tx } from "./client.ts";
import type { Statement } from "./statement.ts";

/** The read transaction of a call, which can return its connection in between. */
export class SharedReads implements Tx {
  readonly domain;
  readonly tenantId;
  readonly actor;
  readonly requestId;
  readonly #begin: () => ReadTx;
  readonly #turn: () => Promise<void> | undefined;
  #open: ReadTx | undefined;
  #ended = false;

  /** @param turn resolves when this may take a connection; undefined when it may do so at once */
  constructor(database: Database, scope: Scope, turn: () => Promise<void> | undefined) {
    this.domain = database.domain;
    this.tenantId = scope.tenantId;
    this.actor = scope.actor;
    this.requestId = scope.requestId;
    this.#begin = () => database.read(scope);
    this.#turn = turn;
  }

  async run<Row>(statement: Statement<Row>, values?: Readonly<Record<string, unknown>>): Promise<Row[]> {
    while (this.#turn()) await this.#turn();
    return this.#begun().run(statement, values);
  }

  async execute(statement: Statement<never>, values?: Readonly<Record<string, unknown>>): Promise<number> {
    while (this.#turn()) await this.#turn();
    return this.#begun().execute(statement, values);
  }

  pause(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    return open?.end() ?? Promise.resolve();
  }

  end(): Promise<void> {
    this.#ended = true;
    return this.pause();
  }

  /** After the end, no code would return the connection. */
  #begun(): ReadTx {
    if (this.#ended) throw new Error("A statement came after the end of its call.");
    return (this.#open ??= this.#begin());
  }
}
