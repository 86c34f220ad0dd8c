/**
 * Returns a table as text; its first line has the names of the columns. It is aligned in a terminal, and has tabs between the values for programs.
 * @param columns names as properties have them: `rateLimitPerMinute` becomes `RATE LIMIT PER MINUTE`
 */
export function tableOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  aligned = process.stdout.isTTY,
): string {
  const lines = [columns.map((name) => name.replaceAll(/([A-Z])/g, " $1").toUpperCase()), ...rows];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const textOf = (line: readonly string[]) =>
    aligned ? line.map((value, at) => value.padEnd(widths[at] ?? 0)).join("  ") : line.join("\t");
  return lines.map((line) => `${textOf(line.map(printable)).trimEnd()}\n`).join("");
}

/** Names come from other users: characters that would control a terminal, or end a line, are replaced. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
