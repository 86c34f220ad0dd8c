import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { readRows, Rejections, survey } from "./csv.ts";

const folder = mkdtempSync(join(tmpdir(), "novacron-csv-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
async function rowsOf(path: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const { row } of readRows(path, ["a", "b"], new Rejections())) rows.push(row);
  return rows;
}
const refused = (message: string) => ({ code: "IMPORT_SOURCE_INVALID", message: expect.stringContaining(message) });
const mib = 2 ** 20;

describe("case G49: an endless file is rejected with file and line", () => {
  it.each([
    ["a device", "/dev/zero", "zero:1: the line is longer than 1 MiB."],
    [
      "a line",
      file("long.csv", `a,b\n1,2\n${"x".repeat(mib + 1)}\n1,2\n`),
      "long.csv:3: the line is longer than 1 MiB.",
    ],
    ["a last line", file("last.csv", `a,b\n1,2\n${"x".repeat(3 * mib)}`), "last.csv:3: the line is longer than 1 MiB."],
    ["one line in an archive", file("line.csv.gz", gzipSync(`a,b\n${"x".repeat(4 * mib)}`)), "line.csv.gz:2: the line"],
    [
      "an archive of lines",
      file("bomb.csv.gz", gzipSync(Buffer.concat([Buffer.from("a,b\n"), Buffer.alloc(9 * mib, "\n")]))),
      "bomb.csv.gz unpacks to more than 200 times its size",
    ],
  ])("%s", async (_what, path, message) => {
    await expect(rowsOf(path)).rejects.toMatchObject(refused(message));
    const first = path === "/dev/zero" ? "zero:1: this is not a file of this data set" : message;
    await expect(survey(path, "a,b")).rejects.toMatchObject(refused(first));
  });

  it("a line of 1 MiB is read", async () => {
    const cell = "x".repeat(mib - 2);
    const path = file("just.csv", `a,b\n${cell},1\n2,3\n`);
    expect(await rowsOf(path)).toEqual([
      { a: cell, b: "1" },
      { a: "2", b: "3" },
    ]);
    expect(await survey(path, "a,b")).toMatchObject({ lines: 3, lastLine: "2,3" });
  });

  it("unreadable lines are counted, and too many of them throw", () => {
    const rejections = new Rejections();
    const add = () => {
      for (let line = 1; line <= 1_000_001; line += 1) rejections.add("noise.csv", line, "no");
    };
    expect(add).toThrow("noise.csv:1000001: 1000001 lines cannot be read.");
  });
});
