import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactNumber, hasExactNumbers, numbersIn, parseJson, stringifyJson, withDoubles } from "./exact-json.ts";

/** Numbers in any form that JSON allows. */
const numberText = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.constant("0"), fc.bigInt({ min: 1n, max: 10n ** 25n }).map(String), fc.nat(99).map(String)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{1,20}$/)),
    fc.oneof(
      { arbitrary: fc.constant(""), weight: 4 },
      { arbitrary: fc.stringMatching(/^[eE][+-]?\d{1,3}$/), weight: 1 },
    ),
  )
  .map((parts) => parts.join(""));
const space = fc.constantFrom("", " ", "\n  ");
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(space, numberText, space).map((parts) => parts.join("")),
    fc.constantFrom("null", "true", '"1.10"', '", 1.10 ,"', '"\\\\\\", 2.20"', '""'),
    fc.array(tie("document"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc
      .uniqueArray(fc.tuple(fc.string(), tie("document")), { maxLength: 4, selector: ([key]) => key })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(" ,")}}`),
  ),
}));

describe("JSON with exact numbers", () => {
  it("equals the result of JSON.parse after conversion to doubles, for any document", () => {
    fc.assert(
      fc.property(document, (text) => {
        const parsed = parseJson(text, () => "any");
        expect(withDoubles(parsed)).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  it("is written with the digits that it was read with", () => {
    fc.assert(
      fc.property(document, (text) => {
        const withoutSpace = text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
        expect(JSON.parse(stringifyJson(parseJson(text, () => "any")) ?? "")).toStrictEqual(
          JSON.parse(stringifyJson(parseJson(withoutSpace, () => "any")) ?? ""),
        );
        const numbersOf = (json: string) =>
          json
            .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
            .match(/-?\d[\d.eE+-]*/g)
            ?.toSorted();
        // Members whose names are numbers change their order.
        expect(numbersOf(stringifyJson(parseJson(text, () => "any")) ?? "")).toEqual(numbersOf(text));
      }),
    );
  });

  it("is searched only for numbers whose digits must be kept", () => {
    const text = '{"counts":1.10,"other":2.20}';
    const read = (key: string) => parseJson(text, (value) => numbersIn((value as Record<string, unknown>)[key]));
    expect(hasExactNumbers(read("absent"))).toBe(false);
    expect(hasExactNumbers(read("counts"))).toBe(true);
  });

  it.each(["1.0", "-0", "10.00", "1.50E+10", "1e400", "9007199254740993", "0.30000000000000004999"])(
    "keeps %s",
    (text) => {
      expect(stringifyJson(parseJson(`[${text}]`))).toBe(`[${text}]`);
      expect(stringifyJson(parseJson(text))).toBe(text);
    },
  );

  it("has numbers that are equal only when their digits are", () => {
    const [one, other] = [new ExactNumber("9007199254740993"), new ExactNumber("9007199254740992.0")];
    expect(Number(one)).toBe(Number(other));
    expect(isDeepStrictEqual(one, other)).toBe(false);
    expect(isDeepStrictEqual(one, new ExactNumber("9007199254740993"))).toBe(true);
    expect(JSON.stringify({ one })).toBe('{"one":9007199254740992}');
  });

  it("cannot be forged by a string", () => {
    const text = '["1.10", 1.10, "00000000-0000-4000-8000-000000000000:0"]';
    expect(stringifyJson(parseJson(text))).toBe(text.replaceAll(", ", ","));
  });

  it("throws a SyntaxError for a text that is not JSON", () => {
    for (const text of ["[1.10", "01.10", "1.", "{1.10: 2}", "[1.10 2.20]"])
      expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});
