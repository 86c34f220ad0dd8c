import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { PublicError } from "#lib/errors.ts";

/** The delay of most timers of a window above which new requests are refused. One long pause does not reach it. */
const longestDelayMs = 200;
const windowMs = 1_000;
const resolutionMs = 20;

/** Refuses requests while the process is too busy to answer them in time: it first answers those in flight. */
export class LoadShedding {
  readonly #delay: IntervalHistogram;
  readonly #window: NodeJS.Timeout;
  #isOverloaded = false;

  constructor() {
    this.#delay = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#delay.enable();
    this.#window = setInterval(() => {
      // The histogram includes the interval itself.
      this.#isOverloaded = this.#delay.percentile(50) / 1e6 - resolutionMs > longestDelayMs;
      this.#delay.reset();
    }, windowMs);
    this.#window.unref();
  }

  /** @throws PublicError OVERLOADED */
  admit(): void {
    if (this.#isOverloaded)
      throw new PublicError("OVERLOADED", "The gateway has no capacity for this request now; try again later.");
  }

  stop(): void {
    clearInterval(this.#window);
    this.#delay.disable();
  }
}
