import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireReviewed, reviewedTable } from "#tests/harness/reviewed-table.ts";

const text = `# Who may

| edge | viewer |
| ---- | ------ |
| a.b  | yes    |
| c.d  | no     |

| field | needs |
| ----- | ----- |
| e     | vm    |
`;
let folder: string;
let page: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reviewed-"));
  page = join(folder, "page.md");
  writeFileSync(page, text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const edges = () => reviewedTable(page, ["edge", "viewer"]);
const failureOf = (rows: string[][]): string => {
  try {
    requireReviewed(edges(), rows);
  } catch (error) {
    return String(error);
  }
  return "none";
};

describe("a table that people keep", () => {
  it("is read by the titles of its first columns", () => {
    expect(edges().rows).toEqual([
      ["a.b", "yes"],
      ["c.d", "no"],
    ]);
    expect(reviewedTable(page, ["field"]).rows).toEqual([["e", "vm"]]);
    expect(() => reviewedTable(page, ["edge", "user"])).toThrow("has no table with the columns edge, user");
  });

  it("may have its lines in any order", () => {
    const rows = [
      ["c.d", "no"],
      ["a.b", "yes"],
    ];
    expect(failureOf(rows)).toBe("none");
  });

  it("fails with the line to add and the line to remove when an outcome differs", () => {
    const failure = failureOf([
      ["a.b", "yes"],
      ["c.d", "yes"],
    ]);
    expect(failure).toContain("\nadd    | c.d | yes |\nremove | c.d | no |");
    expect(failure).not.toContain("a.b");
  });

  it("fails when a line is missing, and when one is no longer true", () => {
    expect(failureOf([["a.b", "yes"]])).toMatch(/\nremove \| c\.d \| no \|$/);
    expect(failureOf([...edges().rows.map((row) => [...row]), ["g.h", "no"]])).toMatch(/\nadd {4}\| g\.h \| no \|$/);
  });

  it("fails when it has a line twice", () => {
    const twice = join(folder, "twice.md");
    writeFileSync(twice, text.replace("| c.d  | no     |", "| a.b | yes |"));
    expect(() => reviewedTable(twice, ["edge", "viewer"])).toThrow("has the line | a.b | yes | twice.");
  });

  it("is never written", () => {
    failureOf([]);
    expect(readFileSync(page, "utf8")).toBe(text);
  });
});
