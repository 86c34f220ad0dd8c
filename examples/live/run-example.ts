import type { Client } from "graphql-ws";
import type { FollowOptions } from "./follow.ts";
import { resumingClient } from "./resuming-client.ts";

type Show = (client: Client, print: (line: string) => void, options: FollowOptions) => Promise<void>;

/** Runs an example against the gateway whose URL is the first argument, with the key in NOVACRON_API_KEY, until Ctrl-C. */
export async function runExample(show: Show): Promise<void> {
  const url = process.argv[2] ?? "http://127.0.0.1:4000/graphql";
  const ending = new AbortController();
  process.once("SIGINT", () => ending.abort());
  const client = resumingClient({
    url,
    token: () => process.env["NOVACRON_API_KEY"] ?? "",
    onLost: (why) => console.error(`connection lost (${why}), reconnecting`),
    onFound: () => console.error("connection restored, resuming where it was lost"),
  });
  try {
    await show(client, console.log, { signal: ending.signal });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await client.dispose();
  }
}
