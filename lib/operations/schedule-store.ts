import type { Schedule } from "./schedule.ts";

/** Where schedules are stored. Its clock alone decides what is due. */
export interface ScheduleStore<Tx> {
  /** Stores the schedules that this program has. One whose times have changed is due at its next time from now on; the others stay due when they were. */
  define(schedules: readonly Schedule<Tx>[]): Promise<void>;
  /**
   * Starts one operation of each schedule that is due, however often it was due since, and sets its next time. Of several callers one starts it. A schedule
   * whose last operation still runs starts none. One that a program without it has disabled is enabled, and due when it was.
   * @returns milliseconds until the next schedule is due; undefined when none ever is
   */
  fire(schedules: readonly Schedule<Tx>[]): Promise<number | undefined>;
}
