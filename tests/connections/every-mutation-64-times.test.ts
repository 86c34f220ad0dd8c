import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bootMutatedProduct, type MutatedProduct } from "./mutated-product.ts";
import { hashing, mutations, outcomeOf, World } from "./mutations.ts";

/** Many more than the connections of a pool: 64, or 16 for mutations that hash a password, because two are hashed at once. */
const timesOf = (name: string): number => (hashing.has(name) ? 16 : 64);
let product: MutatedProduct;
let world: World;
beforeAll(async () => {
  product = await bootMutatedProduct();
  world = await World.of(product.target);
});
afterAll(() => product?.stop());
beforeEach(() => product.forgetFailures());

it("every mutation of the graph is sent, and no other", () => {
  expect(Object.keys(mutations).toSorted()).toEqual([...product.target.fields.keys()].toSorted());
});

describe("case G21: 64 times at once with one credential,", () => {
  it.each(Object.keys(mutations))("%s succeeds as often as it can, and nothing times out", async (name) => {
    const times = timesOf(name);
    const { input, token, done, otherwise = [] } = await mutations[name]!(world, times);
    const sent = { ...(input ? { input } : {}), token };
    const answers = await Promise.all(Array.from({ length: times }, () => world.send(name, sent)));
    const outcomes = answers.map((answer) => outcomeOf(name, answer));
    const count = outcomes.filter((outcome) => outcome === "done").length;
    const [least, most] = typeof done === "number" ? [done, done] : done;
    expect(outcomes.filter((outcome) => outcome !== "done" && !otherwise.includes(outcome))).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(least);
    expect(count).toBeLessThanOrEqual(most);
  });
});
