import { appendFileSync, readFileSync } from "node:fs";
import type { Change } from "./checker.ts";

/** What was written, kept in a file of lines: the product knows nothing of it. */
export class WrittenLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  append(changes: readonly Change[]): void {
    appendFileSync(this.#path, changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
  }

  read(): Change[] {
    const lines = readFileSync(this.#path, { encoding: "utf8", flag: "a+" }).split("\n");
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Change);
  }
}
