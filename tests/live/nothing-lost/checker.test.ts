import { describe, expect, it } from "vitest";
import { type Change, complaints, missing, type Record } from "./checker.ts";

const change = (tenantId: string, entity: string, number: number, state: string): Change => ({
  tenantId,
  entity,
  number,
  state,
});
const written = [
  change("one", "vm a", 2, "running"),
  change("two", "vm x", 7, "paused"),
  change("one", "alert b", 1, "pending"),
  change("one", "vm a", 3, "paused"),
  change("one", "alert b", 2, "firing"),
];
const final = new Map([
  ["vm a", "paused"],
  ["alert b", "firing"],
  ["vm x", "paused"],
]);
const ofOne = written.filter(({ tenantId }) => tenantId === "one");
const complaintsOf = (received: readonly Change[], more: Partial<Record> = {}) =>
  complaints({ written, final, clients: [{ name: "ann", tenantId: "one", received }], ...more });

describe("the checker", () => {
  it("reports nothing if each client received everything, once, and in the order of each entity", () => {
    expect(complaintsOf(ofOne)).toEqual([]);
    // Between two entities, no order is guaranteed.
    expect(complaintsOf([1, 0, 2, 3].flatMap((index) => ofOne[index] ?? []))).toEqual([]);
  });

  it("reports a change that was lost in the middle", () => {
    const received = ofOne.slice(1);
    expect(complaintsOf(received)).toEqual(["ann never received vm a #2"]);
    expect(missing({ written, clients: [{ name: "ann", tenantId: "one", received }] })).toBe(1);
  });

  it("reports a change that was lost at the end, and the wrong state of the client", () => {
    expect(complaintsOf(ofOne.slice(0, -1))).toEqual([
      "ann never received alert b #2",
      "according to ann, alert b is pending; in the database it is firing",
    ]);
  });

  it("reports a change that was received twice, also long after", () => {
    expect(complaintsOf([...ofOne.slice(0, 1), ...ofOne])).toEqual(["ann received vm a #2 twice"]);
    expect(complaintsOf([...ofOne, ...ofOne.slice(0, 1)])).toContain("ann received vm a #2 twice");
  });

  it("reports two changes of an entity that were swapped", () => {
    expect(complaintsOf([2, 0, 1, 3].flatMap((index) => ofOne[index] ?? []))).toContain(
      "ann received vm a #2 after #3",
    );
  });

  it("reports a change of another tenant, and one that was never written", () => {
    expect(complaintsOf([...ofOne, ...written.slice(1, 2)])).toEqual(["ann received vm x #7 of another tenant"]);
    expect(complaintsOf([...ofOne, change("one", "vm a", 4, "paused")])).toEqual([
      "ann received vm a #4, which was never written",
    ]);
  });

  it("reports a change that was received with another state", () => {
    expect(complaintsOf(ofOne.map((each) => ({ ...each, state: "stopped" })))).toContain(
      "ann received vm a #2 as stopped, but it was written as running",
    );
  });

  it("reports a final state that differs from the database's, of a client and of the log of writes", () => {
    expect(complaintsOf(ofOne, { final: new Map([...final, ["vm a", "running"]]) })).toEqual([
      "according to the log of writes, vm a is paused; in the database it is running",
      "according to ann, vm a is paused; in the database it is running",
    ]);
  });
});
