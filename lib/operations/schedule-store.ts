import type { Schedule } from "./schedule.ts";

/** Where schedules are stored. Its clock alone decides what is due. */
export interface ScheduleStore<Tx> {
  /** Stores the schedules that this program has. One whose times have changed is due at its next time from now on; the others stay due when they were. */
  define(schedules: readonly Schedule<Tx>[]): Promise<void>;
  /**
   * Starts one operation of each schedule that is due, however often it was due since, and sets its next time. Of several callers one starts it. A schedule
   * whose last operation still runs stays due until that has ended. One that a program without it has disabled is enabled, and due when it was. One that another
   * release has defined with other times is that one's to fire, until it has left it for long.
   * @returns milliseconds until the next schedule is due, or is to be read again; undefined when none ever is
   */
  fire(schedules: readonly Schedule<Tx>[]): Promise<number | undefined>;
}
