import { afterAll, beforeAll, expect, it } from "vitest";
import { askGraph } from "#tests/harness/product.ts";
import { examples } from "#tests/mutations/examples.ts";
import { bootMutatedProduct, type MutatedProduct } from "#tests/mutations/mutated-product.ts";
import { World } from "#tests/mutations/world.ts";
import { atOnceSuite } from "./at-once-suite.ts";
import { soak } from "./mutation-soak.ts";

let product: MutatedProduct;
beforeAll(async () => {
  product = await bootMutatedProduct();
});
afterAll(() => product?.stop());

it("case G21: while every mutation is sent 64 times at once, reads and sign-ins succeed, and nothing times out", async () => {
  const world = await World.of(product.target);
  const { failures, reads, sent } = await soak({
    world,
    names: Object.keys(examples),
    ask: (query, variables, token) => askGraph(product.url, query, variables, token),
    before: () => product.forgetFailures(),
  });
  expect(failures).toEqual([]);
  expect(sent).toBe(64 * product.target.fields.size);
  expect(reads.length).toBeGreaterThan(100);
});

atOnceSuite(Object.keys(examples));
