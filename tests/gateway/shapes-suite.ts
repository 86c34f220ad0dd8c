import { describe, expect, it } from "vitest";
import { seed } from "#tests/harness/extent.ts";
import { compare } from "./differential/compare.ts";
import { composed } from "./differential/federation.ts";
import { overComposed } from "./differential/property.ts";
import { fieldShapes } from "./shapes/fields.ts";
import { parentShapes } from "./shapes/parents.ts";
import { typeShapes } from "./shapes/types.ts";

export interface Draws {
  /** In how many places each document is tried with each kind of trouble. */
  places: number;
  /** How many documents are drawn over each shape. */
  runs: number;
}

/** Declares the tests of one document after the other, and of random ones, over each shape of a supergraph. */
export function shapesSuite({ places, runs }: Draws): void {
  describe.each(Object.entries({ ...fieldShapes, ...parentShapes, ...typeShapes }))(
    "case G1, G2, G3: the gateway answers as one undivided service over %s",
    (_shape, { schemas, documents, bare, partly }) => {
      const federation = composed(schemas, ...(bare ? [""] : []));

      it.each(documents)("%s", async (query) => {
        for (const trouble of ["none", "error", "null"] as const)
          for (let place = 0; place < places; place += 1)
            await compare(federation, { query, variables: {} }, { trouble, seed: place });
      });

      it.skipIf(partly)(`with NOVACRON_SEED=${seed}, for any document`, async () => {
        const { counts } = await overComposed(federation, { seed, runs }, { mutations: true });
        expect(counts.get("Fetch")).toBeGreaterThan(runs / 4);
      });
    },
  );
}
