import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { linesOf } from "#lib/files/text-lines.ts";
import type { ProcessIdentity } from "#lib/process/process-identity.ts";
import type { Change } from "./world.ts";

/** The version of the format of all files of the store. */
const format = 1;

/** The first line of each file. The snapshot of a generation has what all journals of earlier ones have. */
interface Header {
  format: typeof format;
  generation: number;
  /** The process that alone appends to this journal. */
  process?: ProcessIdentity;
}

export class StoreError extends Error {
  readonly code: "STORE_DAMAGED" | "STORE_IN_USE";

  constructor(code: StoreError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export const journalFile = (folder: string, generation: number): string =>
  join(folder, `journal-${String(generation).padStart(9, "0")}.jsonl`);
export const snapshotFile = (folder: string): string => join(folder, "snapshot.jsonl");

export const headerLine = (generation: number, process?: ProcessIdentity): string =>
  JSON.stringify({ format, generation, ...(process ? { process } : {}) } satisfies Header);

/** Returns the generations of the journals, ascending. */
export const journalsIn = (folder: string): number[] =>
  readdirSync(folder)
    .flatMap((name) => /^journal-(\d+)\.jsonl$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((one, other) => one - other);

export interface StoredState {
  /** The highest generation of a file; 0 in an empty folder. */
  generation: number;
  /** The process that opened the store last. */
  process: ProcessIdentity | undefined;
}

/**
 * Reads the snapshot and the journals after it.
 * @param apply receives each change, in order
 * @throws StoreError STORE_DAMAGED
 */
export async function readStore(folder: string, apply: (change: Change) => void): Promise<StoredState> {
  const snapshot = snapshotFile(folder);
  const base = existsSync(snapshot) ? await readLines(snapshot, apply, false) : undefined;
  let last: Header = base ?? { format, generation: 0 };
  for (const generation of journalsIn(folder)) {
    if (generation < last.generation) continue;
    last = await readLines(journalFile(folder, generation), apply, true);
  }
  return { generation: last.generation, process: last.process };
}

/** Reads one file and returns its header. The last line of a journal is incomplete when its process was killed: no response has been sent for it. */
async function readLines(path: string, apply: (change: Change) => void, mayEndTorn: boolean): Promise<Header> {
  let header: Header | undefined;
  let torn: number | undefined;
  const damaged = (line: number) =>
    new StoreError("STORE_DAMAGED", `${path}:${line} is no line of this store. Restore the folder, or remove it.`);
  for await (const { lines, first } of linesOf(path, createReadStream(path))) {
    for (const [at, line] of lines.entries()) {
      if (torn !== undefined) throw damaged(torn);
      const value = parsed(line);
      if (!value) torn = first + at;
      else if (header) apply(value as Change);
      else if ((value as Header).format === format) header = value as Header;
      else throw damaged(first + at);
    }
  }
  if (!header || (torn !== undefined && !mayEndTorn)) throw damaged(torn ?? 1);
  return header;
}

function parsed(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
