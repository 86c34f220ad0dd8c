import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { onFileChange } from "./watched-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "novacron-watched-"));
  path = join(folder, "file.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

it("a changed or replaced file is applied; an invalid or missing one leaves the previous text in effect", async () => {
  const applied: string[] = [];
  writeFileSync(path, "one");
  const end = onFileChange(path, "one", (text) => {
    if (text === "bad") throw new Error("The content is invalid.");
    applied.push(text);
  });
  const next = join(folder, "next.json");
  writeFileSync(next, "two, by another file");
  renameSync(next, path);
  await expect.poll(() => applied, { timeout: 10_000 }).toEqual(["two, by another file"]);
  writeFileSync(path, "bad");
  writeFileSync(path, "three");
  await expect.poll(() => applied.at(-1), { timeout: 10_000 }).toBe("three");
  rmSync(path);
  writeFileSync(path, "four, after it was gone");
  await expect.poll(() => applied.at(-1), { timeout: 10_000 }).toBe("four, after it was gone");
  end();
  expect(applied).not.toContain("bad");
});
