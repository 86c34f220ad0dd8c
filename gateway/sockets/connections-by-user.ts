import type { Identity } from "#lib/trust/request-context.ts";

/** The open connections of each user, whose number is limited. */
export class ConnectionsByUser {
  readonly #most: number;
  readonly #open = new Map<string, Set<object>>();
  readonly #users = new Map<object, string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds a connection of a user; returns whether the limit allows it. */
  take(identity: Identity, connection: object): boolean {
    if (identity.kind === "anonymous") return true;
    const user = `${identity.kind} ${identity.id}`;
    const own = this.#open.get(user) ?? new Set();
    if (own.size >= this.#most) return false;
    this.#open.set(user, own.add(connection));
    this.#users.set(connection, user);
    return true;
  }

  release(connection: object): void {
    const user = this.#users.get(connection);
    if (user === undefined) return;
    this.#users.delete(connection);
    const own = this.#open.get(user);
    if (own?.delete(connection) && own.size === 0) this.#open.delete(user);
  }
}
