import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventPosition, parsePosition, positionText, sameLog } from "./event-position.ts";

const names = ["auth", "vms", "monitoring", "federation", "scheduler"];
const count = fc.maxSafeNat();
const logId = fc.stringMatching(/^[0-9a-f]{32}$/);
const positions: fc.Arbitrary<EventPosition> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.record({ log: logId, transaction: count, id: count })), {
    selector: ([name]) => name,
  })
  .map((entries) => Object.fromEntries(entries));
const refused = expect.objectContaining({ code: "POSITION_INVALID" });
const outcome = (text: string): unknown => {
  try {
    return parsePosition(text);
  } catch (error) {
    return error;
  }
};

describe("the text of a position", () => {
  it("is unchanged when it is parsed again, except that the log's name is shortened", () => {
    fc.assert(
      fc.property(positions, (position) => {
        const read = parsePosition(positionText(position));
        expect(Object.keys(read).toSorted()).toEqual(Object.keys(position).toSorted());
        for (const [name, { log, transaction, id }] of Object.entries(position)) {
          expect(read[name]).toEqual({ log: log.slice(0, 8), transaction, id });
          expect(sameLog(read[name]?.log ?? "", log)).toBe(true);
        }
        expect(positionText(read)).toBe(positionText(position));
      }),
    );
  });

  it("fits into a URL and a header without escapes", () => {
    fc.assert(
      fc.property(positions, (position) => {
        const text = positionText(position);
        expect(encodeURIComponent(text)).toBe(text);
        expect(text.length).toBeLessThan(300);
      }),
    );
  });

  it("is refused when it is any other text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme-ascii" })), (text) => {
        fc.pre(text !== "1");
        expect(outcome(text)).toEqual(refused);
      }),
    );
  });

  it("is refused, or parsed as whole numbers, when one of its characters is replaced", () => {
    fc.assert(
      fc.property(
        positions,
        fc.nat(),
        fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
        (position, at, other) => {
          const text = positionText(position);
          const index = at % text.length;
          const read = outcome(text.slice(0, index) + other + text.slice(index + 1));
          if (read instanceof Error) expect(read).toEqual(refused);
          else
            for (const { transaction, id } of Object.values(read as EventPosition)) {
              expect(Number.isSafeInteger(transaction) && Number.isSafeInteger(id)).toBe(true);
            }
        },
      ),
    );
  });

  it.each([
    ["no version", "vms.3f9a2c1b.1.1"],
    ["another version", "2~vms.3f9a2c1b.1.1"],
    ["no numbers", "1~vms.3f9a2c1b"],
    ["one database twice", "1~vms.3f9a2c1b.1.1~vms.3f9a2c1b.1.1"],
    ["the name of a built-in property", "1~constructor.3f9a2c1b.1.1"],
    ["a number beyond the safe integers", "1~vms.3f9a2c1b.1.zzzzzzzzzzz"],
    ["a negative number", "1~vms.3f9a2c1b.1.-1"],
    ["an empty part", "1~~vms.3f9a2c1b.1.1"],
    ["a line break", "1~vms.3f9a2c1b.1.1\n"],
    ["10 KB of one letter", "1~vms.3f9a2c1b.1." + "9".repeat(10_000)],
    ["10 KB of parts", "1" + "~vms.3f9a2c1b.1.1".repeat(600)],
    ["10 KB of separators", "1" + "~".repeat(10_000)],
  ])("with %s it is refused quickly", (_, text) => {
    const begun = performance.now();
    expect(outcome(text)).toEqual(refused);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
