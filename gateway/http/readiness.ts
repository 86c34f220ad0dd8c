import type { ServerResponse } from "node:http";
import { log } from "#lib/log.ts";
import { plainJson } from "./media-type.ts";
import { send } from "./send.ts";

/** Whether each part that an answer needs can be reached, by its name; or all of them in one. */
export type Reachable = boolean | Readonly<Record<string, boolean>>;

export interface ReadinessOptions {
  ready(): Promise<Reachable>;
  /** The parts without which nothing is answered. */
  needed?: readonly string[] | undefined;
}

interface Readiness {
  status: "ready" | "degraded" | "not ready";
  /** The parts that cannot be reached. */
  degraded?: readonly string[];
}

/**
 * Ready while anything can be answered: the fields of a part that is away are null, and a balancer that dropped every gateway for it would take the rest
 * away as well.
 */
export function readinessOf(parts: Readonly<Record<string, boolean>>, needed: readonly string[]): Readiness {
  const degraded = Object.keys(parts).filter((name) => !parts[name]);
  if (degraded.length === 0) return { status: "ready" };
  const isOut = degraded.length === Object.keys(parts).length || needed.some((name) => degraded.includes(name));
  return { status: isOut ? "not ready" : "degraded", degraded };
}

/** `/health/ready`. Anybody may ask, so that questions that come together are one to the parts. */
export class ReadinessFace {
  readonly #options: ReadinessOptions;
  #looking: Promise<Readonly<Record<string, boolean>>> | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  async answer(response: ServerResponse, { isClosing, isVerbose }: { isClosing: boolean; isVerbose: boolean }) {
    const parts = await (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
    const { status, degraded } = readinessOf(parts, this.#options.needed ?? []);
    const isReady = !isClosing && status !== "not ready";
    const body = {
      status: isReady ? status : "not ready",
      ...(degraded ? { degraded } : {}),
      ...(isVerbose ? { parts } : {}),
    };
    send(response, isReady ? 200 : 503, plainJson, `${JSON.stringify(body)}\n`);
  }

  async #look(): Promise<Readonly<Record<string, boolean>>> {
    try {
      const reachable = await this.#options.ready();
      return typeof reachable === "boolean" ? { graph: reachable } : reachable;
    } catch (error) {
      log.gateway.error({ err: error }, "readiness could not be determined");
      return { graph: false };
    }
  }
}
