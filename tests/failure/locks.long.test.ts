import { afterAll, beforeAll, it } from "vitest";
import { expectConflicts } from "./locked-rows.ts";
import { type ProductWithEvents, productWithEvents } from "./product-with-events.ts";

let product: ProductWithEvents;
beforeAll(async () => {
  product = await productWithEvents();
});
afterAll(() => product?.stop());

it("fault 16: while another client holds a lock on a hot row, more writers than connections get WRITE_CONFLICT, and nothing else hangs", () =>
  expectConflicts(product, 8));
