import { describe, expect, it } from "vitest";
import type { LiveBatch, LiveEvent } from "./live-field.ts";
import { maxConflatedKeys, newestOfEach } from "./emitted-batches.ts";

const position = (id: number) => ({ monitoring: { log: "0".repeat(32), transaction: id, id } });
const event = (id: number, keys: readonly string[]): LiveEvent => ({
  id,
  transaction: id,
  type: "vm_metrics.written",
  entityKey: "",
  entityVersion: 0,
  occurredAt: "2026-03-01T10:00:00.000Z",
  payload: { keys },
});
const keysOf = ({ payload }: LiveEvent) => payload["keys"] as string[];
const batch = (...events: LiveEvent[]): LiveBatch => ({ events, position: position(events.at(-1)?.id ?? 0) });

/** Returns a log that yields these batches, and then runs `after`. */
const following = (batches: readonly LiveBatch[], after: (signal: AbortSignal) => Promise<void> = untilAborted) =>
  async function* (signal: AbortSignal) {
    yield* batches;
    await after(signal);
  };
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("the newest of each key", () => {
  it("is emitted immediately after a quiet time, and otherwise together with the others of its interval", async () => {
    const stopping = new AbortController();
    const batches = [batch(event(1, ["a"])), batch(event(2, ["a", "b"]), event(3, ["b"])), batch(event(4, ["b"]))];
    const moments = newestOfEach(following(batches), keysOf, 30, stopping.signal);
    expect((await moments.next()).value).toMatchObject({ entries: [{ value: "a", dropped: 0 }] });
    expect((await moments.next()).value).toMatchObject({
      entries: [
        { value: "a", dropped: 0 },
        { value: "b", dropped: 2 },
      ],
      reached: "1~monitoring.00000000.4.4",
    });
    stopping.abort();
    expect(await moments.next()).toEqual({ done: true, value: undefined });
  });

  it("does not delay the error of a failed log", async () => {
    const failing = async () => {
      throw new Error("too far behind");
    };
    const batches = [batch(event(1, ["a"])), batch(event(2, ["a"]))];
    const moments = newestOfEach(following(batches, failing), keysOf, 3_600_000, new AbortController().signal);
    await moments.next();
    await expect(moments.next()).rejects.toThrow("too far behind");
  });

  it("is limited to the number of keys that can be kept", async () => {
    const keys = Array.from({ length: maxConflatedKeys + 1 }, (_, index) => `vm ${index}`);
    const moments = newestOfEach(following([batch(event(1, keys))]), keysOf, 1_000, new AbortController().signal);
    await expect(moments.next()).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  });

  it("reads at most one batch ahead of its consumer", async () => {
    let read = 0;
    const endless = async function* () {
      for (;;) {
        read += 1;
        yield batch(event(read, ["a"]));
      }
    };
    const moments = newestOfEach(endless, keysOf, 3_600_000, new AbortController().signal);
    await moments.next();
    expect(read).toBeLessThanOrEqual(2);
  });
});
