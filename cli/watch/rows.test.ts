import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { counted, lineOf, type Row, stateCell, timeCell } from "./rows.ts";

const plain = { columns: 40, coloured: false };

describe("a line of a watch", () => {
  it("fits the width of the terminal, and marks cut text", () => {
    const row: Row = [{ text: "name", width: 6 }, { text: "a long name", width: 5 }, { text: "x".repeat(100) }];
    const line = lineOf(row, plain);
    expect(line).toBe(`name    a lo…  ${"x".repeat(24)}…`);
    expect(line).toHaveLength(40);
    for (const columns of [0, 1, 7, 15]) expect(lineOf(row, { ...plain, columns }).length).toBeLessThanOrEqual(columns);
  });

  it("has the same text with and without colours", () => {
    const row: Row = [timeCell("2026-03-01T10:00:00Z"), stateCell(20, "FIRING", "PENDING"), { text: "High CPU" }];
    const coloured = lineOf(row, { columns: 100, coloured: true });
    const bare = lineOf(row, { columns: 100, coloured: false });
    expect(coloured).not.toBe(bare);
    expect(stripVTControlCharacters(coloured)).toBe(bare);
    expect(bare).toMatch(/^01 Mar\s+PENDING → FIRING\s+High CPU$/);
  });

  it("replaces control characters in names", () => {
    const line = lineOf([{ text: "a\u001b]0;title\u0007b\u202ec\r\nd" }], plain);
    expect(line).toBe("a?]0;title?b?c??d");
  });

  it("shows an unchanged state once, and counts in singular and plural", () => {
    expect(stateCell(9, "FIRING", "FIRING").text).toBe("FIRING");
    expect([counted(1, "alert"), counted(0, "alert")]).toEqual(["1 alert", "0 alerts"]);
  });
});
