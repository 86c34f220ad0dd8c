import { styleText } from "node:util";

/** A piece of a line: its text and its width in characters. The last one of a line gets the rest of the line. */
export interface Cell {
  text: string;
  width?: number;
  style?: Style;
}
export type Row = readonly Cell[];
type Style = "red" | "yellow" | "green" | "cyan" | "dim" | "bold";

const gap = "  ";

/** Returns one line of at most so many characters. A text that is too long for its place ends with `…`. */
export function lineOf(row: Row, { columns, coloured }: { columns: number; coloured: boolean }): string {
  let left = columns;
  const cells: string[] = [];
  for (const { text, width = left, style } of row) {
    if (left <= 0) break;
    const room = Math.min(width, left);
    const isLast = cells.length === row.length - 1;
    const fitted = fit(printable(text), room);
    const filled = isLast ? fitted : fitted.padEnd(room);
    cells.push(
      style && coloured && filled.trim() !== "" ? styleText(style, filled, { validateStream: false }) : filled,
    );
    left -= room + gap.length;
  }
  return cells.join(gap).trimEnd();
}

const fit = (text: string, room: number): string => (text.length <= room ? text : `${text.slice(0, room - 1)}…`);

/** Names and messages come from other users: characters that would control the terminal are replaced. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");

/** Returns the time of day in the reader's time zone, `21:40:03`, or the day when it is not today: `24 Nov`. */
export function timeCell(time: string): Cell {
  const at = new Date(time);
  const isToday = at.toDateString() === new Date().toDateString();
  const text = isToday ? at.toTimeString().slice(0, 8) : at.toLocaleDateString("en-GB", dayAndMonth);
  return { text, width: 8, style: "dim" };
}

const dayAndMonth = { day: "2-digit", month: "short" } as const;

const styles: Readonly<Record<string, Style>> = {
  EMERGENCY: "red",
  CRITICAL: "red",
  FIRING: "red",
  ERROR: "red",
  FAILED: "red",
  WARNING: "yellow",
  PENDING: "yellow",
  PAUSED: "yellow",
  SUSPENDED: "yellow",
  ROLLED_BACK: "yellow",
  CANCELLED: "yellow",
  MIGRATING: "cyan",
  IN_PROGRESS: "cyan",
  ACKNOWLEDGED: "cyan",
  RUNNING: "green",
  COMPLETED: "green",
  RESOLVED: "green",
};

/** Returns a state, or the change from one to another: `PENDING → FIRING`. */
export const stateCell = (width: number, to: string, from?: string | null): Cell => {
  const style = styles[to];
  const text = from == null || from === to ? to : `${from} → ${to}`;
  return { text, width, ...(style && { style }) };
};

/** For example `1 alert`, `12 alerts`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
