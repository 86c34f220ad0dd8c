import { appendFileSync, readFileSync } from "node:fs";
import type { Change } from "./checker.ts";

/** A log of the writes in a file of lines, independent of the product. */
export class WrittenLog {
  /** When the commit of each change was known, on the clock of `performance.now()`, by entity and number. */
  readonly writtenAt = new Map<string, number>();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  append(changes: readonly Change[]): void {
    for (const { entity, number } of changes) this.writtenAt.set(`${entity} #${number}`, performance.now());
    appendFileSync(this.#path, changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
  }

  read(): Change[] {
    const lines = readFileSync(this.#path, { encoding: "utf8", flag: "a+" }).split("\n");
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Change);
  }
}
