import { afterAll, beforeAll, beforeEach, it } from "vitest";
import { domains } from "#db/columns.ts";
import { type BreakableGraph, breakableGraph, expectHangBlanks } from "./breakable-graph.ts";

let graph: BreakableGraph;
beforeAll(async () => {
  graph = await breakableGraph();
});
afterAll(() => graph?.product.stop());
beforeEach(() => graph.faults.clear());

it.each(domains)(
  "fault 2: when the %s subgraph hangs, only its own fields are null at the deadline, each with an error",
  (domain) => expectHangBlanks(graph, domain),
);
