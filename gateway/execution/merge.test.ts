import { describe, expect, it } from "vitest";
import { ExactNumber } from "#lib/exact-json.ts";
import { fill } from "./merge.ts";

describe("a second response to the same request", () => {
  it("adds what is missing or null, at any depth, and replaces nothing", () => {
    const held = { item: { id: 1, name: "a", box: null, tags: ["x"] }, count: 2 };
    fill(held, { item: { id: 1, name: "b", box: { w: 3 }, tags: ["y"], size: 4 }, count: 3 });
    expect(held).toEqual({ item: { id: 1, name: "a", box: null, tags: ["x"] }, count: 2 });
    fill(held, { item: { id: 1, box: { w: 3 }, size: 4 } });
    expect(held).toEqual({ item: { id: 1, name: "a", box: { w: 3 }, tags: ["x"], size: 4 }, count: 2 });
  });

  it("adds nothing to an object of a list that now has another object in its place", () => {
    const held = {
      items: [
        { id: 1, name: "a", box: null },
        { id: 2, name: "b", box: null },
      ],
    };
    fill(held, {
      items: [
        { id: 0, box: { w: 0 } },
        { id: 2, box: { w: 2 } },
      ],
    });
    expect(held.items).toEqual([
      { id: 1, name: "a", box: null },
      { id: 2, name: "b", box: { w: 2 } },
    ]);
  });

  it("distinguishes objects by integers that a double would change, but not by how a fraction is written", () => {
    const exact = (source: string) => new ExactNumber(source);
    const held = {
      items: [
        { id: 9007199254740992, box: null },
        { id: exact("9007199254740993"), box: null },
        { id: 3, share: 1.1, box: null },
      ],
    };
    fill(held, {
      items: [
        { id: exact("9007199254740993"), box: { w: 1 } },
        { id: exact("9007199254740995"), box: { w: 2 } },
        { id: 3, share: exact("1.10"), box: { w: 3 } },
      ],
    });
    expect(held.items.map(({ box }) => box)).toEqual([null, null, { w: 3 }]);
    fill(held, { items: [{ id: 9007199254740992 }, { id: exact("9007199254740993"), box: { w: 2 } }, { id: 3 }] });
    expect(held.items.map(({ box }) => box)).toEqual([null, { w: 2 }, { w: 3 }]);
  });

  it("adds nothing to a list that now has another length", () => {
    const held = { items: [{ id: 1, box: null }] };
    fill(held, { items: [{ id: 1, box: { w: 1 } }, { id: 2 }] });
    expect(held).toEqual({ items: [{ id: 1, box: null }] });
  });
});
