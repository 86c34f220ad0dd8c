import { describe, expect, it } from "vitest";
import { checkDelivery, type Write } from "./delivery-check.ts";

const write = (key: string, version: number, amount = 1): Write => ({
  source: "vms",
  key,
  version,
  operation: `${key}-${version}`,
  amount,
});
const committed = [write("a", 1), write("b", 1), write("a", 2), write("a", 3), write("b", 2)];
const nothing = { lost: [], invented: [], disordered: [], repeated: 0 };

describe("the checker of deliveries to followers", () => {
  it("finds nothing when every write was delivered, in any order of aggregates", () => {
    expect(checkDelivery(committed, committed)).toEqual(nothing);
    const byAggregate = committed.toSorted((one, other) => (one.key < other.key ? -1 : 1));
    expect(checkDelivery(committed, byAggregate)).toEqual(nothing);
  });

  it("finds one lost write", () => {
    for (const lost of committed) {
      const others = committed.filter((each) => each !== lost);
      expect(checkDelivery(committed, others)).toEqual({ ...nothing, lost: [lost] });
    }
  });

  it("finds two writes of an aggregate that were swapped", () => {
    const swapped = [write("a", 1), write("b", 1), write("a", 3), write("a", 2), write("b", 2)];
    expect(checkDelivery(committed, swapped)).toEqual({ ...nothing, disordered: [write("a", 2)] });
  });

  it("finds writes that were never committed, and writes that were committed with other content", () => {
    const rolledBack = write("c", 1);
    expect(checkDelivery(committed, [...committed, rolledBack])).toEqual({ ...nothing, invented: [rolledBack] });
    const altered = committed.map((each) => (each.key === "b" && each.version === 2 ? { ...each, amount: 7 } : each));
    expect(checkDelivery(committed, altered)).toEqual({
      ...nothing,
      invented: [write("b", 2, 7)],
      lost: [write("b", 2)],
    });
  });

  it("counts repeats, and does not report them as disorder", () => {
    expect(checkDelivery(committed, [...committed, write("a", 1)])).toEqual({ ...nothing, repeated: 1 });
  });
});
