import type { EventType } from "#events/event.ts";
import type { Kind } from "#tests/graph/kinds.ts";
import type { Sent as SentInTrial, Trial } from "#tests/security/rights/trial.ts";
import type { Sent, World } from "./world.ts";

/** What the general tests know of a mutation. `docs/adding-a-mutation.md` names these tests. */
export interface MutationExample {
  /** Returns a request that changes something. Its objects are created for it. */
  request(world: World): Promise<Sent> | Sent;
  /** Whether what the request is for is so: false before it, true after it. */
  effect?: (world: World, sent: Sent) => Promise<boolean>;
  /** The events that the request writes, in addition to that of its entry in the audit log. */
  emits: readonly EventType[];
  /** The action that the audit log records; null where it records none. */
  audits: string | null;
  /**
   * The outcome when the same request is sent again: `unchanged` where everything is so already, `again` where each request changes something, or a code.
   * `NOTHING` is a payload whose fields are all null.
   */
  repeated: "unchanged" | "again" | "NOTHING" | (string & {});
  /** How many copies of the request succeed when many are sent at once, and the codes of the others, where `repeated` does not determine them. */
  atOnce?: { atLeast: number; atMost?: number; otherwise: readonly string[] };
  /** Requests that the caller can correct, by the code that refuses them. */
  refusals?: Readonly<Record<string, (world: World) => Promise<Sent> | Sent>>;
  /** The kind of object that each id of the input names; null for an object that is not acted on. */
  ids?: Readonly<Record<string, Kind | null>>;
  /** Returns a request of a random caller, and the rights that it requires: docs/decisions/rights-of-the-credential.md. */
  rights(trial: Trial): Promise<SentInTrial>;
  /** Whether the mutation hashes or verifies a password, which takes as long as many other mutations. */
  hashes?: boolean;
}

export type MutationExamples = Readonly<Record<string, MutationExample>>;
