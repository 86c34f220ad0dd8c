import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";
import { asset } from "#lib/assets.ts";

const repository = asset(".");
const self = "tests/repository/attacks.test.ts";

it("docs/attacks.md names every attack that a test tries, and the files that try it", () => {
  const tried = new Map<number, Set<string>>();
  for (const file of globSync("{tests,gateway,lib}/**/*.ts", { cwd: repository, ignore: [self] })) {
    for (const [, number] of readFileSync(`${repository}/${file}`, "utf8").matchAll(/\battack (\d+)/g)) {
      const files = tried.get(Number(number)) ?? new Set();
      tried.set(Number(number), files.add(file));
    }
  }
  const written = new Map<number, Set<string>>();
  for (const line of readFileSync(asset("docs/attacks.md"), "utf8").split("\n")) {
    const [, number, files = ""] = /^\| (\d+) +\|[^|]*\|([^|]*)\|$/.exec(line) ?? [];
    if (number)
      written.set(Number(number), new Set([...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string)));
  }
  expect(written.size).toBeGreaterThan(30);
  expect(written).toEqual(tried);
});
