import { expect, it } from "vitest";
import { extent, seed } from "#tests/harness/extent.ts";
import { composed } from "./differential/federation.ts";
import { overComposed } from "./differential/property.ts";
import { fieldShapes } from "./shapes/fields.ts";
import { parentShapes } from "./shapes/parents.ts";
import { typeShapes } from "./shapes/types.ts";

const runs = Number(process.env["NOVACRON_RUNS"] ?? extent(100, 500));
const drawn = Object.entries({ ...fieldShapes, ...parentShapes, ...typeShapes }).filter(([, { partly }]) => !partly);

it.each(drawn)(
  `case G1, G2, G3: with NOVACRON_SEED=${seed}, the gateway answers any document as one undivided service over %s`,
  async (_shape, { schemas, bare }) => {
    const { counts } = await overComposed(
      composed(schemas, ...(bare ? [""] : [])),
      { seed, runs },
      { mutations: true },
    );
    expect(counts.get("Fetch")).toBeGreaterThan(runs / 2);
  },
);
