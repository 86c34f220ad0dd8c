import type { EventLog, EventStart } from "#db/event-log/event-log.ts";
import { pause } from "#lib/pause.ts";
import type { Write } from "./delivery-check.ts";
import { writeOf } from "./proof-writes.ts";

export interface Follower {
  /** The writes that it received, in that order. */
  readonly writes: Write[];
  /** The errors after which it resumed from its last position. */
  readonly failures: unknown[];
}

/** Follows a log until the signal, and resumes from its last position whenever following ends with an error. */
export function startFollower(
  log: EventLog,
  signal: AbortSignal,
  { batchSize = 500, afterBatch }: { batchSize?: number; afterBatch?: (follower: Follower) => Promise<void> } = {},
): Follower {
  const follower: Follower = { writes: [], failures: [] };
  const follow = async () => {
    let start: EventStart = "oldest";
    while (!signal.aborted) {
      try {
        for await (const { events, position } of log.follow(start, { signal, batchSize })) {
          start = position;
          follower.writes.push(...events.map(writeOf));
          await afterBatch?.(follower);
        }
      } catch (error) {
        follower.failures.push(error);
        await pause(100, signal);
      }
    }
  };
  void follow();
  return follower;
}
