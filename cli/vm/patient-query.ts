import { setTimeout as delay } from "node:timers/promises";
import { type Gateway, GraphError, query } from "../graph/gateway.ts";

export interface Patience {
  /** Resolves to nothing at this signal. */
  signal: AbortSignal;
  /** Receives a message when the gateway cannot be reached, and when it can be again. */
  notify(line: string): void;
  /** For how long failures that may pass are tolerated, in milliseconds. */
  longestMs: number;
  /** Whether the first attempt fails when no process listens at the URL. */
  needsListener?: boolean;
}

const retryAfterMs = 500;

/**
 * Sends an operation, and again while it fails for a reason that may pass, such as a gateway that restarts. A mutation needs an idempotency key: the response
 * to one that was executed may have been lost. Fields that could not be read are null.
 * @returns undefined at the signal
 * @throws Error UNREACHABLE, or GraphError
 */
export async function patientQuery<Data>(
  gateway: Gateway,
  document: string,
  variables: object,
  { signal, notify, longestMs, needsListener = false }: Patience,
): Promise<Data | undefined> {
  let failingSince: number | undefined;
  while (!signal.aborted) {
    try {
      const data = await query<Data>(gateway, document, variables, { signal, partial: true });
      if (failingSince !== undefined) notify("connection restored");
      return data;
    } catch (error) {
      if (signal.aborted) break;
      if (!mayPass(error)) throw error;
      if (failingSince === undefined) {
        if (needsListener && wasRefused(error)) throw error;
        notify(`${(error as Error).message}, retrying`);
      }
      failingSince ??= performance.now();
      if (performance.now() - failingSince > longestMs) throw error;
      await delay(retryAfterMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** A busy VM does not count: the caller decides what to do about the operation that works on it. */
const mayPass = (error: unknown): boolean =>
  error instanceof GraphError
    ? error.extensions["retryable"] === true && error.code !== "VM_BUSY"
    : (error as { code?: unknown }).code === "UNREACHABLE";

/** Whether no process has received anything: the cause is that of `fetch`, whose own cause is the system's. */
const wasRefused = (error: unknown): boolean => {
  const { cause } = (error as Error).cause as Error;
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(String((cause as { code?: unknown } | undefined)?.code));
};
