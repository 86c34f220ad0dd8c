import { expect, it } from "vitest";
import { overFailing, overMany, overOne } from "./differential/property.ts";
import { faultKinds } from "./faults.ts";
import { mediaSchemas, pricesSchemas, shopSchemas, zooSchemas } from "./mock-supergraphs.ts";

/** Fixed, so that a run shows whether the gateway became worse; other seeds explore. */
const seed = Number(process.env["NOVACRON_SEED"] ?? 1);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 300);
const shrinkMs = 60_000;

it.each([
  ["shop", shopSchemas, { mutations: true }],
  ["media", mediaSchemas, {}],
  ["prices", pricesSchemas, {}],
  ["zoo", zooSchemas, {}],
] as const)(
  `with NOVACRON_SEED=${seed}, the gateway answers as one undivided service over the %s supergraph`,
  async (_name, schemas, options) => {
    await overOne(schemas, { seed, runs, shrinkMs }, options);
  },
);

it(`with NOVACRON_SEED=${seed}, the gateway answers as one undivided service over many supergraphs`, async () => {
  const { supergraphs, shapes } = await overMany({ seed, runs, shrinkMs });
  expect(supergraphs).toBeGreaterThan(0);
  for (const [shape, count] of shapes) expect(count, shape).toBeGreaterThanOrEqual(supergraphs / 50);
});

it.each(faultKinds.filter((kind) => kind !== "none"))(
  `with NOVACRON_SEED=${seed}, a response lacks only what failed, and has an error for it, when subgraphs fail in this way: %s`,
  async (kind) => {
    for (const schemas of [shopSchemas, mediaSchemas, zooSchemas])
      await overFailing(schemas, { seed, runs: Math.ceil(runs / 24), shrinkMs }, kind);
  },
);
