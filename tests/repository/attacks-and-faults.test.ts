import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";
import { asset } from "#lib/assets.ts";

const repository = asset(".");
const self = "tests/repository/attacks-and-faults.test.ts";

it.each([
  ["attack", 30],
  ["fault", 20],
])("docs names every %s that a test tries, and the files that try it", (kind, least) => {
  const tried = new Map<number, Set<string>>();
  for (const file of globSync("{tests,gateway,lib}/**/*.ts", { cwd: repository, ignore: [self] })) {
    const text = readFileSync(`${repository}/${file}`, "utf8");
    for (const [, numbers = ""] of text.matchAll(new RegExp(`\\b${kind} (\\d+(?:, \\d+)*)`, "g"))) {
      for (const number of numbers.split(", ").map(Number)) {
        const files = tried.get(number) ?? new Set();
        tried.set(number, files.add(file));
      }
    }
  }
  const written = new Map<number, Set<string>>();
  for (const line of readFileSync(asset(`docs/${kind}s.md`), "utf8").split("\n")) {
    const [, number, files = ""] = /^\| (\d+) +\|[^|]*\|([^|]*)\|$/.exec(line) ?? [];
    if (number)
      written.set(Number(number), new Set([...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string)));
  }
  expect(written.size).toBeGreaterThan(least);
  expect(written).toEqual(tried);
});
