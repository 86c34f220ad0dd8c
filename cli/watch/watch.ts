import { follow, overSocket } from "#examples/live/follow.ts";
import { ConnectionError, resumingClient } from "#examples/live/resuming-client.ts";
import { failure, type Gateway } from "../graph/gateway.ts";
import { type Row, lineOf } from "./rows.ts";
import type { Watched } from "./watched.ts";

export interface WatchRequest extends Gateway {
  json: boolean;
  signal: AbortSignal;
  /** Receives messages that are no part of the stream. */
  print(line: string): void;
}

const defaultColumns = 100;

/**
 * Prints the current state and each change of it, until the signal or until the output is closed.
 * @throws Error UNREACHABLE, UNAUTHENTICATED, CONNECTION_CLOSED, or the gateway's own error, such as NOT_FOUND
 */
export async function watch(watched: Watched, { url, key, json, signal, print }: WatchRequest): Promise<void> {
  const leaving = new AbortController();
  const ended = AbortSignal.any([signal, leaving.signal]);
  process.stdout.on("error", () => leaving.abort());
  const client = resumingClient({
    url,
    token: () => key,
    onLost: (why) => print(`connection lost (${why}), reconnecting`),
    onFound: () => print("connection restored, resuming where it was lost"),
  });
  const printOutput = json ? printJson : printRows;
  const [first, ...others] = watched.changes.map(({ payload, rowOf }) => ({
    followed: overSocket<unknown, unknown>(client, { now: watched.now, changes: payload }),
    rowOf,
  }));
  if (!first) return;
  const printAll = async ({ followed, rowOf }: typeof first, after: string) => {
    for await (const output of follow(followed, { signal: ended, after })) {
      if ("change" in output) printOutput(output, [rowOf(output.change)]);
      else if (followed === first.followed) printOutput(output, watched.rowsOfNow(output.now));
    }
  };
  try {
    // All subscriptions begin where the current state was queried.
    const { value: beginning } = await follow(first.followed, { signal: ended }).next();
    if (!beginning || !("now" in beginning)) return;
    printOutput(beginning, watched.rowsOfNow(beginning.now));
    await Promise.all([first, ...others].map((stream) => printAll(stream, beginning.cursor)));
  } catch (error) {
    throw error instanceof ConnectionError ? connectionFailure(error) : error;
  } finally {
    leaving.abort();
    await client.dispose();
  }
}

const printJson = (output: object): void => void process.stdout.write(`${JSON.stringify(output)}\n`);

function printRows(_output: object, rows: readonly Row[]): void {
  const columns = process.stdout.columns ?? defaultColumns;
  const coloured = process.stdout.isTTY && !process.env["NO_COLOR"];
  for (const row of rows) process.stdout.write(`${lineOf(row, { columns, coloured })}\n`);
}

const forbidden = 4403;

function connectionFailure({ closeCode, message }: ConnectionError): Error {
  if (closeCode === undefined) return failure("UNREACHABLE", message);
  return closeCode === forbidden ? failure("UNAUTHENTICATED", message) : failure("CONNECTION_CLOSED", message);
}
