import type { ServerResponse } from "node:http";
import { log } from "#lib/observability/log.ts";
import { plainJson } from "./media-type.ts";
import { send } from "./send.ts";

/** Whether each part that a response needs can be reached, by its name; or one value for all of them. */
export type Reachable = boolean | Readonly<Record<string, boolean>>;

export interface ReadinessOptions {
  ready(): Promise<Reachable>;
  /** The parts without which no request can be answered. */
  needed?: readonly string[] | undefined;
}

interface Readiness {
  status: "ready" | "degraded" | "not ready";
  /** The parts that cannot be reached. */
  degraded?: readonly string[];
}

/**
 * Returns the readiness of a gateway. It is ready while any part can be reached: the fields of an unavailable part are null. A load balancer that dropped
 * every gateway because of one part would make the other parts unavailable as well.
 */
export function readinessOf(parts: Readonly<Record<string, boolean>>, needed: readonly string[]): Readiness {
  const degraded = Object.keys(parts).filter((name) => !parts[name]);
  if (degraded.length === 0) return { status: "ready" };
  const isOut = degraded.length === Object.keys(parts).length || needed.some((name) => degraded.includes(name));
  return { status: isOut ? "not ready" : "degraded", degraded };
}

/** Answers `/health/ready`. Any client may send requests there, so concurrent requests share one check of the parts. */
export class ReadinessEndpoint {
  readonly #options: ReadinessOptions;
  #checking: Promise<Readonly<Record<string, boolean>>> | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  async answer(response: ServerResponse, { isClosing, isVerbose }: { isClosing: boolean; isVerbose: boolean }) {
    const parts = await (this.#checking ??= this.#check().finally(() => (this.#checking = undefined)));
    const { status, degraded } = readinessOf(parts, this.#options.needed ?? []);
    const isReady = !isClosing && status !== "not ready";
    const body = {
      status: isReady ? status : "not ready",
      ...(degraded ? { degraded } : {}),
      ...(isVerbose ? { parts } : {}),
    };
    send(response, isReady ? 200 : 503, plainJson, `${JSON.stringify(body)}\n`);
  }

  async #check(): Promise<Readonly<Record<string, boolean>>> {
    try {
      const reachable = await this.#options.ready();
      return typeof reachable === "boolean" ? { graph: reachable } : reachable;
    } catch (error) {
      log.gateway.error({ err: error }, "readiness could not be determined");
      return { graph: false };
    }
  }
}
