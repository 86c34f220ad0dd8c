import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "#lib/files/whole-file.ts";

const processShape = z.object({ pid: z.number(), startedAt: z.string() });

/** Where a process of the simulated hypervisor serves, and the token that its requests need. */
const connectionShape = z.object({
  url: z.url(),
  token: z.string().min(1),
  process: processShape,
  /** The process whose child it is, and which stops it. */
  startedBy: processShape.optional(),
});
export type Connection = z.infer<typeof connectionShape>;

export const connectionFile = (folder: string): string => join(folder, "connection.json");

/** Writes the file for its owner alone. */
export const writeConnection = (folder: string, connection: Connection): void =>
  void replaceFile(connectionFile(folder), `${JSON.stringify(connection)}\n`);

/** Returns undefined when no process has served from this folder, or it was stopped. */
export function readConnection(folder: string): Connection | undefined {
  try {
    return connectionShape.parse(JSON.parse(readFileSync(connectionFile(folder), "utf8")));
  } catch {
    return undefined;
  }
}
