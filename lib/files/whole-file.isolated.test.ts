import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { addFile, replaceFile } from "./whole-file.ts";

/** The number of file system calls left until the process is killed: after that it does nothing. */
const budget = vi.hoisted(() => ({ calls: Infinity }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const killable = ["writeFileSync", "linkSync", "renameSync", "rmSync", "openSync", "fsyncSync", "closeSync"] as const;
  const call =
    (name: (typeof killable)[number]) =>
    (...args: unknown[]) => {
      if (budget.calls-- <= 0) throw new Error("killed");
      return (real[name] as (...given: unknown[]) => unknown)(...args);
    };
  return { ...real, ...Object.fromEntries(killable.map((name) => [name, call(name)])) };
});

const folder = mkdtempSync(join(tmpdir(), "novacron-whole-"));
const path = join(folder, "keys");
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));
const read = (): string | undefined => (readdirSync(folder).includes("keys") ? readFileSync(path, "utf8") : undefined);

/** Returns the content of the file after a kill before the first, second, … call, up to the run that ends undisturbed. */
function killedAtEachCall(prepare: () => void, write: () => void): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let calls = 0; ; calls++) {
    rmSync(path, { force: true });
    prepare();
    budget.calls = calls;
    let isKilled = false;
    try {
      write();
    } catch {
      isKilled = true;
    }
    budget.calls = Infinity;
    found.push(read());
    if (!isKilled) return found;
  }
}

describe("a file of secrets", () => {
  it("is added once, for its owner alone, and leaves no draft", () => {
    expect(addFile(path, "first")).toBe(true);
    expect(addFile(path, "second")).toBe(false);
    expect(readdirSync(folder)).toEqual(["keys"]);
    expect([read(), statSync(path).mode & 0o777]).toEqual(["first", 0o600]);
  });

  it("replaces an empty one that a crash left", () => {
    writeFileSync(path, "");
    expect(addFile(path, "first")).toBe(true);
    expect(read()).toBe("first");
  });

  it("is replaced when its text differs", () => {
    expect(replaceFile(path, "first")).toBe(true);
    expect(replaceFile(path, "first")).toBe(false);
    expect(replaceFile(path, "second")).toBe(true);
    expect([read(), readdirSync(folder)]).toEqual(["second", ["keys"]]);
  });

  it("is complete or missing after a kill at any step of adding it", () => {
    const found = killedAtEachCall(
      () => undefined,
      () => addFile(path, "first"),
    );
    expect(found.length).toBeGreaterThan(4);
    expect(new Set(found)).toEqual(new Set([undefined, "first"]));
  });

  it("is the old or the new one after a kill at any step of replacing it", () => {
    const found = killedAtEachCall(
      () => writeFileSync(path, "old"),
      () => replaceFile(path, "new"),
    );
    expect(found.length).toBeGreaterThan(4);
    expect(new Set(found)).toEqual(new Set(["old", "new"]));
  });
});
