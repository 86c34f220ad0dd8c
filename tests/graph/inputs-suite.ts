import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oneOf } from "#tests/harness/extent.ts";
import { extremeCalls } from "./extreme-arguments.ts";
import { type FilledGraph, fillGraph } from "./filled-graph.ts";
import { filtersSuite } from "./filters-suite.ts";
import { graphSchema, underParent } from "./graph-schema.ts";
import { pagesSuite } from "./pages-suite.ts";

/** Declares the tests of what clients may send to the fields of the graph. @param share one of this many lists and values is tried */
export function inputsSuite(share: number): void {
  let graph: FilledGraph;
  beforeAll(async () => {
    graph = await fillGraph(share);
  });
  afterAll(() => graph.product.stop());

  filtersSuite(() => graph);
  pagesSuite(() => graph, share);

  describe("case G23: a field", () => {
    it("answers or refuses numbers, times and durations at the edges of their types, and never fails", async () => {
      const { product, fleet } = graph;
      const schema = await graphSchema(product);
      const fields = extremeCalls(schema);
      expect(fields.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["Vm.metrics", "ClusterNodePlatform.metrics"]),
      );
      for (const { name, selections: all } of fields) {
        const selections = oneOf(share, all);
        const under = underParent(schema, name.split(".")[0] ?? "", fleet);
        for (let start = 0; start < selections.length; start += 60) {
          const { errors } = await product.ask(under(selections.slice(start, start + 60).join(" ")));
          expect(errors.filter(({ extensions }) => extensions.code !== "BAD_USER_INPUT")).toEqual([]);
        }
      }
    });

    it.each([
      [`from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", step: "PT596524H"`, "step"],
      [`from: "1970-01-01T00:00:00Z", to: "9000-01-01T00:00:00Z"`, "to"],
    ])("refuses metrics(%s)", async (args, argument) => {
      const { product, fleet } = graph;
      const { errors } = await product.ask(
        `{ vm(id: "${fleet.id("vm")}") { metrics(${args}) { times } } clusterNode(id: "${fleet.id("clusterNode")}") { platform { metrics(${args}) { times } } } }`,
      );
      expect(errors.map(({ path, extensions }) => [path?.[0], extensions.code, extensions["argument"]]).sort()).toEqual(
        [
          ["clusterNode", "BAD_USER_INPUT", argument],
          ["vm", "BAD_USER_INPUT", argument],
        ],
      );
    });
  });

  it("case G9: a literal beyond the range of a Float is refused like a variable", async () => {
    const literal = await graph.product.ask("{ instancePrices(filter: { minVcpu: 1e400 }) { totalCount } }");
    expect(literal.errors.map(({ extensions }) => extensions.code)).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
  });

  describe("an object", () => {
    it("is looked up by an id; an error names a malformed one, and an unknown one is not found", async () => {
      const { product } = graph;
      const schema = await graphSchema(product);
      const lookups = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
        ({ args }) => args.length === 1 && args[0]?.name === "id",
      );
      expect(lookups.length).toBeGreaterThan(14);
      for (const id of ["", "7", "' or 1=1 --", "x".repeat(10_000), "\0", "0197a000-0000-7000-8000-00000000000g"]) {
        const { errors } = await product.ask(
          `query ($id: ID!) { ${lookups.map(({ name }) => `${name}(id: $id) { id }`).join(" ")} }`,
          { id },
        );
        expect(
          errors.map(({ path, extensions }) => [path?.[0], extensions.code, extensions["argument"]]).sort(),
        ).toEqual(lookups.map(({ name }) => [name, "BAD_USER_INPUT", "id"]).sort());
      }
      const unknown = await product.ask(
        `query ($id: ID!) { ${lookups.map(({ name }) => `${name}(id: $id) { id }`).join(" ")} }`,
        { id: "0197a000-ffff-7000-8000-000000000000" },
      );
      expect(unknown.errors.map(({ path, extensions }) => [path?.[0], extensions.code]).sort()).toEqual(
        lookups.map(({ name }) => [name, "NOT_FOUND"]).sort(),
      );
    });
  });
}
