import { describe, expect, it } from "vitest";
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

  it("adds nothing to a list that now has another length", () => {
    const held = { items: [{ id: 1, box: null }] };
    fill(held, { items: [{ id: 1, box: { w: 1 } }, { id: 2 }] });
    expect(held).toEqual({ items: [{ id: 1, box: null }] });
  });
});
