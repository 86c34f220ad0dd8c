import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";
import { asset } from "#lib/assets.ts";

const repository = asset(".");
const self = "tests/repository/known-cases.test.ts";
const folders = "{tests,gateway,hypervisors,lib,db,subgraphs,runtime,import,demo,cli}";

it("docs/known-cases.md names every case that a test tries, and the files that try it", () => {
  const tried = new Map<string, Set<string>>();
  for (const file of globSync(`${folders}/**/*.ts`, { cwd: repository, ignore: [self] })) {
    const text = readFileSync(`${repository}/${file}`, "utf8");
    for (const [, numbers = ""] of text.matchAll(/\bcase ((?:[GLP]\d+)(?:, [GLP]\d+)*)/g)) {
      for (const number of numbers.split(", ")) tried.set(number, (tried.get(number) ?? new Set()).add(file));
    }
  }
  const written = new Map<string, Set<string>>();
  for (const line of readFileSync(asset("docs/known-cases.md"), "utf8").split("\n")) {
    const [, number, files = ""] = /^\| ([GLP]\d+) +\|[^|]*\|[^|]*\|([^|]*)\|$/.exec(line) ?? [];
    const named = [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string);
    if (number && named.length > 0) written.set(number, new Set(named));
  }
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(tried));
});
