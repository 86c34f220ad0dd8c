import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { asset } from "#lib/assets.ts";

/** Words that docs/style.md rules out and that have no other use here. */
const ruledOut = /\b(told|tells|hears|goodbye|whom|whoever|he|his|him|himself)\b/i;
const folders = [
  "bench",
  "cli",
  "db",
  "demo",
  "docs",
  "events",
  "examples",
  "gateway",
  "hypervisors",
  "import",
  "lib",
  "runtime",
  "scripts",
  "subgraphs",
  "tests",
];
/** The style page names the words, what was migrated stays as it was, what is generated follows its source, and packages are not ours. */
const exempt = /^docs\/style\.md$|^tests\/repository\/plain-english\.test\.ts$|\/(migrations|generated|node_modules)\//;

it("prose, names and texts are in plain English: docs/style.md", () => {
  const files = folders
    .flatMap((folder) =>
      readdirSync(asset(folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
    )
    .concat("README.md", "docker-compose.yml", "supergraph.yaml")
    .filter((file) => /\.(ts|md|graphql|ya?ml)$/.test(file) && !exempt.test(file));
  expect(files.length).toBeGreaterThan(1_000);
  const found = files.flatMap((file) =>
    readFileSync(asset(file), "utf8")
      .split("\n")
      .flatMap((line, at) => (ruledOut.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
