import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import { CallFailure } from "../../transport/call-failure.ts";
import type { NetworkLimits } from "./limits.ts";
import { Link } from "./link.ts";

/** The address of a subgraph, and the single connection to it while there are subscriptions. */
export class SubgraphAddress {
  readonly url: string;
  readonly #limits: NetworkLimits;
  #link: Link | undefined;
  #isClosed = false;
  /** The number of consecutive connections that delivered nothing or broke. */
  #breaks = 0;
  #notBefore = 0;

  /** @param url the same as for calls over HTTP */
  constructor(url: string, limits: NetworkLimits) {
    this.url = url;
    this.#limits = limits;
  }

  /**
   * Returns an open connection: the existing one, or a new one, which after a break is opened with a delay.
   * @returns undefined at the signal
   * @throws CallFailure "unreachable"
   */
  async open(signal: AbortSignal): Promise<Link | undefined> {
    const wait = this.#notBefore - performance.now();
    if (!this.#link && wait > 0) await pause(wait, signal);
    if (signal.aborted) return undefined;
    if (this.#isClosed) throw new CallFailure("unreachable", `${this.url} is no longer followed.`);
    const link = (this.#link ??= this.#begin());
    await pause(2 * this.#limits.openMs, signal, link.opened);
    if (signal.aborted) return undefined;
    await link.opened;
    return link;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const link = this.#link;
    link?.close();
    await link?.closed;
  }

  #begin(): Link {
    const began = performance.now();
    return new Link(this.url.replace(/^http/, "ws"), this.#limits, (link, broke) => {
      if (this.#link === link) this.#link = undefined;
      if (!broke) return;
      const { shortestBackOffMs, longestBackOffMs } = this.#limits;
      const wasWell = link.wasUseful || performance.now() - began > longestBackOffMs;
      this.#breaks = wasWell ? 1 : this.#breaks + 1;
      // Consecutive breaks are logged once.
      if (this.#breaks === 1)
        log.gateway.warn({ err: link.error, url: this.url }, "the connection to a followed subgraph broke");
      const backOff = Math.min(shortestBackOffMs * 2 ** (this.#breaks - 1), longestBackOffMs);
      this.#notBefore = performance.now() + backOff * (0.5 + Math.random() / 2);
    });
  }
}
