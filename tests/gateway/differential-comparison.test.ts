import { describe, expect, it } from "vitest";
import type { Outcome } from "./both-executors.ts";
import { compareBroken } from "./differential/compare.ts";
import { composed } from "./differential/federation.ts";
import type { Fault } from "./faults.ts";
import { shopSchemas } from "./mock-supergraphs.ts";

const shop = composed(shopSchemas);
/** A wrong `price` is valid there, and the `worth` of one product computed from it is null. */
const fault: Fault = { kind: "wrong type", seed: 1370 };
const operation = { query: "{ matrix { worth } }", variables: {} };

interface Shop {
  matrix: { worth: string | null }[][];
}

/** Compares a response that differs from that of the gateway. */
function comparedAfter(change: (outcome: Outcome & { data: Shop }) => void): Promise<void> {
  const ours: typeof shop.executors.ours = async (...given) => {
    const outcome = await shop.executors.ours(...given);
    change(outcome as Outcome & { data: Shop });
    return outcome;
  };
  return compareBroken({ ...shop, executors: { ...shop.executors, ours } }, operation, fault);
}

describe("the comparison while subgraphs fail", () => {
  it("accepts a null that a subgraph computed from an altered requirement, without an error", async () => {
    let worth: unknown;
    await comparedAfter(({ data, errors, invalid }) => {
      worth = data.matrix[1]?.[0]?.worth;
      expect([...errors, ...invalid]).toEqual([]);
    });
    expect(worth).toBeNull();
  });

  it.each<[string, (data: Shop) => void]>([
    ["another value", ({ matrix }) => matrix[0]?.forEach((each) => (each.worth = "other"))],
    ["a value in place of that null", ({ matrix }) => matrix[1]?.splice(0, 1, { worth: "other" })],
    ["the same null in the place of another object", ({ matrix }) => matrix[0]?.forEach((each) => (each.worth = null))],
  ])("refuses %s", async (_what, change) => {
    await expect(comparedAfter(({ data }) => change(data))).rejects.toThrow("to deeply equal []");
  });
});
