import { type EventPosition, type LogPosition, positionText } from "./event-position.ts";
import { PublicError } from "../errors.ts";
import type { LiveBatch, LiveEvent } from "./live-field.ts";
import { pause } from "../pause.ts";

export interface LiveEntry {
  value: unknown;
  /** The position after its event; undefined where several are emitted together, of which the last position counts for all. */
  position?: string | undefined;
  /** The number of older events that it replaces. */
  dropped: number;
}

/** The events that are emitted at one time. */
export interface EmittedBatch {
  /** Empty when only the position is emitted. */
  entries: readonly LiveEntry[];
  /** The position after all of them. */
  reached: string;
  /** Whether events arrived, even if none of them may be emitted. */
  busy: boolean;
}

type ValuesOf = (event: LiveEvent) => readonly unknown[];

/** Yields every event separately, with the position after it. */
export async function* everyEvent(
  batches: AsyncIterable<LiveBatch>,
  valuesOf: ValuesOf,
  source: string,
): AsyncGenerator<EmittedBatch, void, void> {
  for await (const { events, position } of batches) {
    const { log } = position[source] as LogPosition;
    const entries = events.flatMap((event) => {
      const { transaction, id } = event;
      return valuesOf(event).map((value) => ({
        value,
        position: positionText({ [source]: { log, transaction, id } }),
        dropped: 0,
      }));
    });
    yield { entries, reached: positionText(position), busy: events.length > 0 };
  }
}

/** With more keys, a subscriber must narrow its arguments. */
export const maxConflatedKeys = 10_000;

/**
 * Yields only the newest event of each key, all together and limited to one moment per interval. Events that arrive in between are read as they arrive, and
 * only their keys are kept.
 * @param follow returns the events until a signal
 * @throws PublicError BAD_USER_INPUT when there are too many keys
 */
export async function* newestOfEach(
  follow: (signal: AbortSignal) => AsyncIterable<LiveBatch>,
  valuesOf: ValuesOf,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<EmittedBatch, void, void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  const batches = follow(ending.signal)[Symbol.asyncIterator]();
  const dropped = new Map<unknown, number>();
  let dueAt = 0;
  let reached: EventPosition = {};
  let reading: Promise<void> | undefined;
  let arrived: { result: IteratorResult<LiveBatch, unknown> } | { error: unknown } | undefined;
  const read = () =>
    (reading ??= batches.next().then(
      (result) => {
        arrived = { result };
      },
      (error: unknown) => {
        arrived = { error };
      },
    ));
  try {
    while (!signal.aborted) {
      const next = read();
      // Without a key to emit, it waits for the next batch only.
      if (dropped.size === 0) await next;
      else await pause(Math.max(0, dueAt - performance.now()), signal, next);
      if (arrived) {
        if ("error" in arrived) throw arrived.error;
        if (arrived.result.done) return;
        const { events, position } = arrived.result.value;
        arrived = undefined;
        reading = undefined;
        reached = position;
        for (const event of events) {
          for (const key of valuesOf(event)) dropped.set(key, (dropped.get(key) ?? -1) + 1);
        }
        if (dropped.size > maxConflatedKeys) throw tooMany();
        if (dropped.size === 0) yield { entries: [], reached: positionText(reached), busy: events.length > 0 };
      }
      if (dropped.size === 0 || performance.now() < dueAt || signal.aborted) continue;
      const entries = [...dropped].map(([value, count]) => ({ value, dropped: count }));
      dropped.clear();
      dueAt = performance.now() + everyMs;
      yield { entries, reached: positionText(reached), busy: true };
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

const tooMany = (): PublicError =>
  new PublicError(
    "BAD_USER_INPUT",
    `More than ${maxConflatedKeys} would be reported at once: name those that you need.`,
  );
