import { describe, expect, it } from "vitest";
import { type Written, judge, nothingLost } from "./checker.ts";

const happened = (entity: string, event: string, tenantId = "ours"): Written => ({ tenantId, entity, event });
const written = [
  happened("vm 1", "1 PAUSED"),
  happened("vm 2", "1 PAUSED"),
  happened("vm 1", "2 RUNNING"),
  happened("vm 3", "1 PAUSED", "theirs"),
  happened("vm 1", "3 PAUSED"),
];
const ours = written.filter(({ tenantId }) => tenantId === "ours");
const stored = new Map([
  ["vm 1", "PAUSED"],
  ["vm 2", "PAUSED"],
  ["vm 9", "STOPPED"],
]);
const verdictOn = (told: readonly Written[], found: ReadonlyMap<string, string> = stored) =>
  judge(written, { tenantId: "ours", told }, found);

describe("the checker of what clients are told", () => {
  it("has nothing to say of a client that was told everything, whatever order entities come in", () => {
    expect(verdictOn(ours)).toEqual(nothingLost);
    expect(verdictOn([ours[1], ours[0], ours[2], ours[3]] as Written[])).toEqual(nothingLost);
  });

  it("finds what was lost, in the middle and at the end", () => {
    expect(verdictOn(ours.toSpliced(2, 1))).toEqual({ ...nothingLost, lost: ["vm 1: 2 RUNNING"] });
    expect(verdictOn(ours.slice(0, -1))).toEqual({
      ...nothingLost,
      lost: ["vm 1: 3 PAUSED"],
      different: ["vm 1: RUNNING is PAUSED"],
    });
    expect(verdictOn([]).lost).toHaveLength(4);
  });

  it("finds what was told twice, and what was never written", () => {
    expect(verdictOn([...ours, ours[3] as Written])).toEqual({ ...nothingLost, repeated: ["vm 1: 3 PAUSED"] });
    expect(verdictOn([...ours, happened("vm 2", "7 PAUSED")])).toEqual({
      ...nothingLost,
      invented: ["vm 2: 7 PAUSED"],
    });
  });

  it("finds two events of one entity that have changed places", () => {
    const [first, second, third, fourth] = ours as [Written, Written, Written, Written];
    expect(verdictOn([first, second, fourth, third])).toEqual({
      ...nothingLost,
      disordered: ["vm 1"],
      different: ["vm 1: RUNNING is PAUSED"],
    });
  });

  it("finds an event of another tenant, and a state that is not the database's", () => {
    expect(verdictOn([...ours, written[3] as Written])).toEqual({ ...nothingLost, foreign: ["vm 3: 1 PAUSED"] });
    expect(verdictOn(ours, new Map([["vm 1", "STOPPED"]]))).toEqual({
      ...nothingLost,
      different: ["vm 1: PAUSED is STOPPED"],
    });
  });
});
