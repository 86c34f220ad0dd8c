import { oneOf } from "#tests/harness/extent.ts";
import { noLimits } from "#gateway/limits/limits.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { type ConnectionField, connectionFields, graphSchema } from "./graph-schema.ts";
import { type Fleet, fleetOf, insertFleet } from "./rows.ts";

/** How many rows every list has. */
export const rowCount = 120;

/** A product with rows in every list of its graph. */
export interface FilledGraph {
  product: TestProduct;
  fleet: Fleet;
  /** All lists of the graph. */
  connections: ConnectionField[];
  /** Those that the tests try. */
  tried: ConnectionField[];
}

/** @param share the tests try one of this many lists */
export async function fillGraph(share: number): Promise<FilledGraph> {
  const fleet = fleetOf(1);
  const product = await bootProduct({ operationLimits: noLimits, tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, rowCount);
  const connections = connectionFields(await graphSchema(product), fleet);
  return { product, fleet, connections, tried: oneOf(share, connections) };
}
