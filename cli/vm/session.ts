import { onStop } from "#lib/process/stop-signals.ts";
import type { Environment } from "#runtime/environment.ts";
import { commandWith, type GatewayOptions, openGateway } from "../graph/gateway-options.ts";
import { type Gateway, UnreachableError } from "../graph/gateway.ts";
import { progressLines } from "../progress-line.ts";
import type { Patience } from "./patient-query.ts";

export interface VmOptions extends GatewayOptions {
  json: boolean;
}

/** What a command has while it runs. */
export interface Session {
  gateway: Gateway;
  json: boolean;
  /** Aborted at Ctrl-C, which ends the command and not the operation. */
  signal: AbortSignal;
  /** Lines on standard error. */
  lines: ReturnType<typeof progressLines>;
  /** For reads, which also wait for a gateway that restarts. */
  patience: Patience;
  /** Returns a command for a message, with the options that reach the same gateway: `novacron vm …`. */
  commandOf(...words: readonly string[]): string;
}

/** A gateway that does not answer for so long is given up. */
const longestOutageMs = 5 * 60_000;
/** The exit code of a command that was interrupted, as shells have it. */
const interruptedCode = 130;

/** Runs a command with a session, and closes it. Interrupted, it ends with exit code 130. */
export async function inSession(
  options: VmOptions,
  environmentOf: (options: { dataDir?: string }) => Environment,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  const interrupting = new AbortController();
  const { signal } = interrupting;
  const removeHandlers = onStop(() => interrupting.abort());
  const lines = progressLines();
  try {
    const { gateway, close } = await openGateway(options, environmentOf);
    try {
      const patience = { signal, notify: lines.print, longestMs: longestOutageMs };
      const commandOf = (...words: readonly string[]) => commandWith(options, "vm", ...words);
      await run({ gateway: { ...gateway, signal }, json: options.json, signal, lines, patience, commandOf });
    } catch (error) {
      // A request that the signal has ended is no failure.
      if (!signal.aborted || !(error instanceof UnreachableError)) throw error;
    } finally {
      lines.end();
      await close();
    }
  } finally {
    removeHandlers();
  }
  if (signal.aborted) process.exitCode = interruptedCode;
}
