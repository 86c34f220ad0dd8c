import type { Machine } from "./machine.ts";
import type { Result } from "./protocol.ts";
import { noSettings, type Settings } from "./settings.ts";

/** What is kept of an operation: the highest token of its calls, and the results of its steps by the digest of the call. */
interface Operation {
  token: number;
  /** When its last call was, in milliseconds since 1970. */
  at: number;
  results: Map<string, Result>;
}

/** A line of the store. It assigns whole values, so that it can be applied again to a state that has it already. */
export interface Change {
  /** Milliseconds since 1970. */
  at: number;
  operation?: { id: string; token: number; results?: Readonly<Record<string, Result>> };
  /** By `machineKey`; null removes the machine. */
  machines?: Readonly<Record<string, Machine | null>>;
  settings?: Settings;
}

/** How much of the past is kept: the operations of so long a time, and at most so many of the newest. */
export interface Retention {
  ms: number;
  operations: number;
}

export const defaultRetention: Retention = { ms: 24 * 3_600_000, operations: 100_000 };

/** The number of results that are kept of one operation: the newest ones. */
const maxResults = 1_000;

export const machineKey = (nodeId: string, vmId: string): string => JSON.stringify([nodeId, vmId]);
export const placeOfKey = (key: string): [nodeId: string, vmId: string] => JSON.parse(key) as [string, string];

/** The state of all nodes, as the changes so far have made it. */
export class World {
  readonly machines = new Map<string, Machine>();
  /** The one whose last call is oldest comes first. */
  readonly operations = new Map<string, Operation>();
  settings = noSettings;

  apply({ at, operation, machines, settings }: Change): void {
    for (const [key, machine] of Object.entries(machines ?? {})) {
      if (machine) this.machines.set(key, machine);
      else this.machines.delete(key);
    }
    if (settings) this.settings = settings;
    if (!operation) return;
    const known = this.operations.get(operation.id) ?? { token: 0, at, results: new Map<string, Result>() };
    known.token = Math.max(known.token, operation.token);
    known.at = at;
    for (const [digest, result] of Object.entries(operation.results ?? {})) known.results.set(digest, result);
    for (const digest of known.results.keys()) {
      if (known.results.size <= maxResults) break;
      known.results.delete(digest);
    }
    this.operations.delete(operation.id);
    this.operations.set(operation.id, known);
  }

  /** Forgets the operations whose time is over. */
  forget(now: number, retention: Retention): void {
    for (const [id, { at }] of this.operations) {
      if (now - at < retention.ms && this.operations.size <= retention.operations) return;
      this.operations.delete(id);
    }
  }

  /** Yields changes that make this state of an empty one. What changes meanwhile may or may not be among them. */
  *changes(): Generator<Change> {
    yield { at: 0, settings: this.settings };
    const operations = [...this.operations.keys()];
    for (const key of [...this.machines.keys()]) {
      const machine = this.machines.get(key);
      if (machine) yield { at: 0, machines: { [key]: machine } };
    }
    for (const id of operations) {
      const operation = this.operations.get(id);
      if (!operation) continue;
      const { token, at, results } = operation;
      yield { at, operation: { id, token, results: Object.fromEntries(results) } };
    }
  }
}
