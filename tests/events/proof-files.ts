import { existsSync, readFileSync } from "node:fs";
import type { Domain } from "#db/columns.ts";
import type { Write } from "./delivery-check.ts";

/** The arguments that the proof's processes are started with. */
export interface ProcessArguments {
  urls: Record<Domain, string>;
  redisUrl?: string | undefined;
  /** The process appends its findings to this file, one JSON value per line. */
  file: string;
}
export interface WriterArguments extends ProcessArguments {
  keys: readonly string[];
  seed: number;
}

/** A transaction's outcome, as its writer saw it. */
export interface Attempt {
  /** `unknown`: it failed in any way; the tables show whether it was committed. */
  outcome: "committed" | "rolled back" | "unknown";
  operation: string;
  writes: Write[];
}

/** One batch that a follower received, and the position that it resumes from. */
export interface Delivery {
  position: string;
  writes: Write[];
}

/** Returns the complete lines of a file. A killed process may have left a partial line, which counts as never written. */
export function readLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
}
