import { setTimeout as delay } from "node:timers/promises";
import { type Gateway, GraphError, query, UnreachableError } from "../graph/gateway.ts";

export interface Patience {
  /** The signal of the gateway, at which it resolves to nothing. */
  signal: AbortSignal;
  /** Receives a message when the gateway cannot be reached, and when it can be again. */
  notify(line: string): void;
  /** For how long failures that may pass are tolerated, in milliseconds. */
  longestMs: number;
  /** Whether the first attempt fails when no process listens at the URL. */
  needsListener?: boolean;
}

/** What a part of the graph that cannot be reached may hide: the state of a VM is shown without it. */
export const optionalFields = ["node", "operations"];
const retryAfterMs = 500;

/**
 * Sends an operation, and again while it fails for a reason that may pass, such as a gateway that restarts. A mutation needs an idempotency key: the response
 * to one that was executed may have been lost. The node of a VM that could not be read is null.
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
      const data = await query<Data>(gateway, document, variables, optionalFields);
      if (failingSince !== undefined) notify("connection restored");
      return data;
    } catch (error) {
      if (signal.aborted) break;
      if (!mayPass(error)) throw error;
      if (failingSince === undefined) {
        if (needsListener && error instanceof UnreachableError && error.kind === "not received") throw error;
        notify(`${error.message}, retrying`);
      }
      failingSince ??= performance.now();
      if (performance.now() - failingSince > longestMs) throw error;
      await delay(retryAfterMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** A busy VM does not count: the caller decides what to do about the operation that works on it. */
const mayPass = (error: unknown): error is Error =>
  error instanceof GraphError
    ? error.extensions["retryable"] === true && error.code !== "VM_BUSY"
    : error instanceof UnreachableError && error.kind !== "lasting";
