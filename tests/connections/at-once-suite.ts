import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exampleOf, expectedAtOnce } from "#tests/mutations/examples.ts";
import { bootMutatedProduct, type MutatedProduct } from "#tests/mutations/mutated-product.ts";
import { outcomeOf, World } from "#tests/mutations/world.ts";

/** Many more than the connections of a pool: 64, or 16 for mutations that hash a password, because two are hashed at once. */
const timesOf = (name: string): number => (exampleOf(name).hashes ? 16 : 64);
/** Declares a test of each of these mutations, sent many times at once. */
export function atOnceSuite(names: readonly string[]): void {
  let product: MutatedProduct;
  let world: World;
  beforeAll(async () => {
    product = await bootMutatedProduct();
    world = await World.of(product.target);
  });
  afterAll(() => product?.stop());
  beforeEach(() => product.forgetFailures());

  describe("case G21: 64 times at once with one credential,", () => {
    it.each(names)("%s succeeds as often as it can, and nothing times out", async (name) => {
      const times = timesOf(name);
      const request = await exampleOf(name).request(world);
      const answers = await Promise.all(Array.from({ length: times }, () => world.send(name, request)));
      const outcomes = answers.map((answer) => outcomeOf(name, answer));
      const { atLeast, atMost, otherwise } = expectedAtOnce(name, times);
      const count = outcomes.filter((outcome) => outcome === "done").length;
      expect(outcomes.filter((outcome) => outcome !== "done" && !otherwise.includes(outcome))).toEqual([]);
      expect(count).toBeGreaterThanOrEqual(atLeast);
      expect(count).toBeLessThanOrEqual(atMost);
    });
  });
}
