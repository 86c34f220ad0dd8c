import { cpus } from "node:os";
import { writeFileSync } from "node:fs";

/** One measured value: its unit, and what it is compared with. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The limit or the peer, measured in the same run. */
  against?: string;
  ratio?: number;
  aim?: string;
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  const rows = figures.map((figure) => [
    figure.name,
    `${round(figure.value)} ${figure.unit}`,
    figure.ratio === undefined ? "" : `${round(figure.ratio)}× ${figure.against ?? ""}`,
    figure.aim ?? "",
  ]);
  const header = ["figure", "value", "against", "aim"];
  const widths = header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const dashes = widths.map((width) => "-".repeat(width));
  process.stdout.write(
    `\n${title} (${process.version}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)})\n\n`,
  );
  process.stdout.write(`${[line(header), line(dashes), ...rows.map(line)].join("\n")}\n`);
}

export function saveFigures(file: string, bench: string, figures: readonly Figure[]): void {
  writeFileSync(
    file,
    `${JSON.stringify({ bench, node: process.version, cores: cpus().length, at: new Date(), figures }, null, 2)}\n`,
  );
}

const round = (value: number): string =>
  value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en") : value.toFixed(value >= 10 ? 1 : 2);

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
