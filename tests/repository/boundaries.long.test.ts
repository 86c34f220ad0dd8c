import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { describe, expect, test } from "vitest";

const folders = [
  "subgraphs",
  "gateway",
  "db",
  "events",
  "hypervisors",
  "lib",
  "runtime",
  "import",
  "demo",
  "cli",
  "examples",
  "tests",
  "scripts",
];

describe("the import boundaries", () => {
  test("cover every module of the source folders and the packages that they import, without a violation", () => {
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
    expect([...cruised].some((source) => source.startsWith("node_modules/drizzle-orm/"))).toBe(true);
    expect(report.summary.error).toBe(0);
  });
});

describe("transactions", () => {
  const texts = (pattern: string, ignore: string[] = []) =>
    globSync(pattern, { ignore: ["**/generated/**", "**/*.test.ts", ...ignore] }).map((file) => ({
      file,
      text: readFileSync(file, "utf8"),
    }));

  test("are opened by use cases, and never by a resolver, because a resolver has the loaders", () => {
    const resolvers = texts("subgraphs/*/resolvers/**/*.ts");
    expect(resolvers.length).toBeGreaterThan(40);
    expect(resolvers.filter(({ text }) => /\.(write|read)\(/.test(text)).map(({ file }) => file)).toEqual([]);
  });

  test("are opened where no loader is in scope: a read through a loader inside a write would wait for that write", () => {
    const useCases = texts("subgraphs/*/*/**/*.ts", ["subgraphs/*/resolvers/**"]);
    expect(useCases.length).toBeGreaterThan(30);
    expect(useCases.filter(({ text }) => /\bloaders\b/i.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
