import { execFileSync } from "node:child_process";
import { globSync } from "tinyglobby";
import { describe, expect, test } from "vitest";

const folders = ["subgraphs", "gateway", "db", "lib", "cli", "examples", "tests", "scripts"];

describe("the import boundaries", () => {
  test("are checked over as many modules as there are", () => {
    const report = JSON.parse(
      execFileSync(
        "npx",
        ["--no-install", "depcruise", "--config", ".dependency-cruiser.cjs", "--output-type", "json", ...folders],
        {
          maxBuffer: 256 * 2 ** 20,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        },
      ),
    ) as { modules: { source: string; coreModule?: boolean }[]; summary: { error: number } };
    const cruised = new Set(report.modules.map(({ source }) => source));
    const there = globSync(folders.map((folder) => `${folder}/**/*.ts`));
    expect(there.length).toBeGreaterThan(100);
    expect(there.filter((file) => !cruised.has(file))).toEqual([]);
    expect(report.summary.error).toBe(0);
  });
});
