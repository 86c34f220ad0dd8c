import { log } from "../observability/log.ts";
import { pause } from "../pause.ts";
import type { Schedule } from "./schedule.ts";
import type { ScheduleStore } from "./schedule-store.ts";

/** How long it waits at most before it reads again what is due: another program may have changed it. */
const longestMs = 60_000;
/** How long it waits at least, when another program fires what is due or the store fails. */
const shortestMs = 1_000;

/** Starts operations when their schedules are due, until the signal. Any number of programs may follow the same schedules. */
export async function followSchedules<Tx>(
  store: ScheduleStore<Tx>,
  schedules: readonly Schedule<Tx>[],
  signal: AbortSignal,
): Promise<void> {
  let isDefined = false;
  while (!signal.aborted) {
    let nextInMs: number | undefined;
    try {
      if (!isDefined) await store.define(schedules);
      isDefined = true;
      nextInMs = await store.fire(schedules);
    } catch (error) {
      if (!signal.aborted) log.operations.warn({ err: error }, "schedules could not be read and will be tried again");
      nextInMs = 0;
    }
    await pause(Math.min(longestMs, Math.max(shortestMs, nextInMs ?? longestMs)), signal);
  }
}
