import { setTimeout as pause } from "node:timers/promises";
import type { Client, SubscribePayload } from "graphql-ws";
import { iterable } from "./iterable.ts";
import { AnswerErrors, waitBefore } from "./resuming-client.ts";

interface Answer<Data> {
  data?: Data | null | undefined;
  errors?: ConstructorParameters<typeof AnswerErrors>[0] | undefined;
  extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** A state that can be queried, and whose changes can be followed. */
export interface Source<Now, Change> {
  /** Queries the current state with `extensions: { cursor: true }`. */
  query(): Promise<Answer<Now>>;
  /** Yields the changes after a cursor, until the signal. */
  changes(after: string, signal: AbortSignal): AsyncIterable<Answer<Change>>;
}

/** Each has the cursor to resume from when it has been processed. */
export type Update<Now, Change> =
  | { now: Now; cursor: string }
  /** @property dropped how many older changes it replaces, where only the newest counts */
  | { change: Change; cursor: string; dropped: number };

export interface FollowOptions {
  signal: AbortSignal;
  /** The last cursor that an earlier run of this program received. */
  after?: string | undefined;
}

/** The cursor is no longer valid: only the current state, and the changes after it, can be delivered. */
const needsResync = new Set(["RESYNC_REQUIRED", "POSITION_INVALID"]);
const passes = new Set([
  "SUBGRAPH_UNAVAILABLE",
  "SUBGRAPH_TIMEOUT",
  "DATABASE_UNAVAILABLE",
  "RATE_LIMITED",
  "AUTH_UNAVAILABLE",
  "OVERLOADED",
  "ENDED",
]);
const mostFailures = 8;
/** After this long without a failure, a new failure is the first of a row. */
const steadyMs = 60_000;

/**
 * Yields the current state, and then each change of it, once and in order. Yields the current state again only when changes can no longer be delivered.
 * @throws AnswerErrors, and any error of `query` and `changes`, when a retry would not help or has failed eight times in a row
 */
export async function* follow<Now, Change>(
  source: Source<Now, Change>,
  { signal, after }: FollowOptions,
): AsyncGenerator<Update<Now, Change>, void, undefined> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  let cursor = after;
  for (let failures = 0; failures <= mostFailures;) {
    const began = Date.now();
    try {
      if (cursor === undefined) {
        const response = await Promise.race([source.query(), aborted]);
        if (!response) return;
        const answer = wholeAnswer(response);
        cursor = answer.cursor;
        yield { now: answer.data, cursor };
      }
      for await (const response of source.changes(cursor, signal)) {
        const answer = wholeAnswer(response);
        cursor = answer.cursor;
        failures = 0;
        yield { change: answer.data, cursor, dropped: Number(response.extensions?.["dropped"] ?? 0) };
      }
      if (signal.aborted) return;
      throw new AnswerErrors([{ message: "The subscription was ended.", extensions: { code: "ENDED" } }]);
    } catch (error) {
      const code = error instanceof AnswerErrors ? error.code : "";
      failures = Date.now() - began > steadyMs ? 1 : failures + 1;
      if (failures > mostFailures || !(needsResync.has(code) || passes.has(code))) throw error;
      if (needsResync.has(code)) cursor = undefined;
      await pause(waitBefore(failures), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }
}

/** Returns the data and the cursor of a response; fields that could not be read are null in it. @throws AnswerErrors */
function wholeAnswer<Data>({ data, errors, extensions }: Answer<Data>): { data: Data; cursor: string } {
  const cursor = extensions?.["cursor"];
  if (!data || isBlank(data)) throw new AnswerErrors(errors ?? [{ message: "The answer is empty." }]);
  if (typeof cursor !== "string") throw new AnswerErrors([{ message: "This cannot be resumed: it has no cursor." }]);
  return { data, cursor };
}

/** Every requested field is missing. */
const isBlank = (data: object): boolean => Object.values(data).every((value) => value === null);

/** Returns a query and a subscription over a client of graphql-ws, to be followed. */
export function overSocket<Now, Change>(
  client: Client,
  operations: { now: SubscribePayload; changes: SubscribePayload },
): Source<Now, Change> {
  const payloadOf = (payload: SubscribePayload, extensions: Record<string, unknown>) => ({ ...payload, extensions });
  const subscribe = <Data>(payload: SubscribePayload, signal?: AbortSignal) =>
    iterable<Answer<Data>>((listener) => client.subscribe<Data, Record<string, unknown>>(payload, listener), signal);
  return {
    query: async () => {
      for await (const answer of subscribe<Now>(payloadOf(operations.now, { cursor: true }))) return answer;
      return {};
    },
    changes: (after, signal) => subscribe<Change>(payloadOf(operations.changes, { after }), signal),
  };
}
