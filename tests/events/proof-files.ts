import { existsSync, readFileSync } from "node:fs";
import type { Domain } from "#db/columns.ts";
import type { Write } from "./delivery-check.ts";

/** What the proof's processes are told at their start. */
export interface ProcessArguments {
  urls: Record<Domain, string>;
  redisUrl?: string | undefined;
  /** What the process finds out goes here, a JSON value a line. */
  file: string;
}
export interface WriterArguments extends ProcessArguments {
  keys: readonly string[];
  seed: number;
}

/** A transaction as its writer saw it end. */
export interface Attempt {
  /** `unknown`: it failed, in whatever way; whether it was committed stands in the tables. */
  outcome: "committed" | "rolled back" | "unknown";
  operation: string;
  writes: Write[];
}

/** What a follower was given at once, and from where it reads on. */
export interface Delivery {
  position: string;
  writes: Write[];
}

/** The whole lines of a file. A process that was killed may have left a part of one: it counts as never written. */
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
