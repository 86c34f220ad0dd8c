import { describe, expect, it } from "vitest";
import { type Coverage, toCover } from "./coverage.ts";
import { overFailing, overMany, overOne } from "./differential/property.ts";
import { faultKinds } from "./faults.ts";
import { mediaSchemas, pricesSchemas, shopSchemas, zooSchemas } from "./mock-supergraphs.ts";

// The documents are always the same, so that only a change can break a run. Other seeds explore, and the long test draws more.
const seed = Number(process.env["NOVACRON_SEED"] ?? 4);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 40);

const coverages: Coverage[] = [];

describe(`with NOVACRON_SEED=${seed}, the gateway answers as one undivided service over the same data`, () => {
  it.each([
    ["shop", shopSchemas, { mutations: true }],
    ["media", mediaSchemas, {}],
    ["prices", pricesSchemas, {}],
    ["zoo", zooSchemas, {}],
  ] as const)("over the %s supergraph", async (_name, schemas, options) => {
    coverages.push(await overOne(schemas, { seed, runs }, options));
  });

  it("covers every kind of plan node and every directive often", () => {
    const counts = toCover.map(
      (name) => [name, sum(coverages.map((coverage) => coverage.counts.get(name) ?? 0))] as const,
    );
    process.stdout.write(`operations with ${counts.map(([name, count]) => `${name}: ${count}`).join(", ")}\n`);
    expect(counts.filter(([, count]) => count < runs / 100)).toEqual([]);
  });

  it("over supergraphs that are drawn at random, as the documents are", async () => {
    const { supergraphs, documents, shapes } = await overMany({ seed, runs: runs / 4 });
    process.stdout.write(
      `${documents} documents over ${supergraphs} supergraphs: ${[...shapes].map(([name, count]) => `${name} ${count}`).join(", ")}\n`,
    );
    expect(documents).toBeGreaterThan(2 * supergraphs);
    expect(supergraphs).toBeGreaterThanOrEqual(runs / 4);
    expect(shapes.get("@interfaceObject")).toBeGreaterThan(runs / 40);
  });
});

describe(`with NOVACRON_SEED=${seed}, a response lacks only what failed, and has an error for it`, () => {
  it.each(faultKinds.filter((kind) => kind !== "none"))("when subgraphs fail in this way: %s", async (kind) => {
    for (const schemas of [shopSchemas, mediaSchemas, zooSchemas])
      await overFailing(schemas, { seed, runs: Math.ceil(runs / 8) }, kind);
  });
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
