import type { FetchNode } from "@apollo/query-planner";
import { expect, it } from "vitest";
import { withSelections } from "./fetch-again.ts";

it("a narrowed call keeps the variables of the operation's directives, and drops those that nothing uses any more", () => {
  const fetch = {
    kind: "Fetch",
    serviceName: "a",
    requires: [],
    variableUsages: ["ttl", "unit", "step"],
    operation: `query ($representations: [_Any!]!, $ttl: Int, $unit: Int, $step: Int) @cached(ttl: $ttl) {
      _entities(representations: $representations) { ... on Item { size(unit: $unit) weight(step: $step) } } }`,
  } as unknown as FetchNode;
  const { operation, variableUsages } = withSelections(fetch, "... on Item { size(unit: $unit) }");
  expect(operation).toBe(
    "query($representations:[_Any!]!$ttl:Int$unit:Int)@cached(ttl:$ttl){_entities(representations:$representations){...on Item{size(unit:$unit)}}}",
  );
  expect(variableUsages).toEqual(["ttl", "unit"]);
});
