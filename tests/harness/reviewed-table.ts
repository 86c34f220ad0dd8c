import { readFileSync } from "node:fs";

/** A table of a Markdown page that people keep by hand: tests compare it with the product, and nothing writes it. */
export interface ReviewedTable {
  /** The page, for messages. */
  page: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** Reads a table of a page by the titles of its first columns. @throws Error when the page has no such table, or a line of it twice */
export function reviewedTable(page: string, head: readonly string[]): ReviewedTable {
  const lines = readFileSync(page, "utf8").split("\n").map(cellsOf);
  const start = lines.findIndex((cells) => cells && head.every((title, column) => cells[column] === title));
  if (start < 0) throw new Error(`${page} has no table with the columns ${head.join(", ")}.`);
  const rows: string[][] = [];
  // The line after the titles separates them from the rows.
  for (const cells of lines.slice(start + 2)) {
    if (!cells) break;
    if (rows.some((row) => row.join("|") === cells.join("|")))
      throw new Error(`${page} has the line ${lineOf(cells)} twice.`);
    rows.push(cells);
  }
  return { page, head, rows };
}

/**
 * Requires that the table has exactly these rows, in any order.
 * @throws Error with the lines that a reviewer has to write into the page or remove from it
 */
export function requireReviewed({ page, rows }: ReviewedTable, actual: readonly (readonly string[])[]): void {
  const written = new Set(rows.map(lineOf));
  const found = new Set(actual.map(lineOf));
  const missing = [...found].filter((line) => !written.has(line));
  const outdated = [...written].filter((line) => !found.has(line));
  if (missing.length === 0 && outdated.length === 0) return;
  throw new Error(
    [
      `${page} does not match the product. The page is kept by hand. If the change is intended, edit it:`,
      ...missing.map((line) => `add    ${line}`),
      ...outdated.map((line) => `remove ${line}`),
    ].join("\n"),
  );
}

const cellsOf = (line: string): string[] | undefined =>
  /^\|(.*)\|$/
    .exec(line.trim())?.[1]
    ?.split("|")
    .map((cell) => cell.trim());

const lineOf = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
