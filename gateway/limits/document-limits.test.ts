import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import { PublicError } from "#lib/errors.ts";
import { checkDocument, countTokens } from "./document-limits.ts";
import { defaultLimits } from "./limits.ts";

const codeOf = (check: () => unknown): string | undefined => {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof PublicError) return error.code;
    throw error;
  }
};
const checked = (document: string) => codeOf(() => checkDocument(parse(document), defaultLimits));
const times = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(" ");
const nested = (levels: number, inner = "a") => `${"{ a ".repeat(levels - 1)}{ ${inner} }${" }".repeat(levels - 1)}`;

describe("attack 11: a document is refused by its own code", () => {
  it.each([["TOKEN_LIMIT_EXCEEDED", 2_000, (count: number) => times(count - 2, () => "a")]])(
    "%s, beyond %i",
    (code, limit, inner) => {
      expect(countTokens(`{ ${inner(limit)} }`, limit)).toBe(limit);
      expect(codeOf(() => countTokens(`{ ${inner(limit + 1)} }`, limit))).toBe(code);
      expect(codeOf(() => countTokens(`{ ${inner(20_000)} }`, limit))).toBe(code);
    },
  );

  it.each([
    ["DEPTH_LIMIT_EXCEEDED", 12, (count: number) => nested(count)],
    ["DEPTH_LIMIT_EXCEEDED", 12, (count: number) => `{ ...F } fragment F on Query ${nested(count)}`],
    ["ALIAS_LIMIT_EXCEEDED", 30, (count: number) => `{ a { ${times(count, (at) => `a${at}: a`)} } }`],
    ["ROOT_FIELD_LIMIT_EXCEEDED", 20, (count: number) => `{ ${times(count, (at) => `a${at}`)} }`],
    ["ROOT_FIELD_LIMIT_EXCEEDED", 5, (count: number) => `mutation { ${times(count, (at) => `a${at}`)} }`],
    [
      "ROOT_FIELD_LIMIT_EXCEEDED",
      5,
      (count: number) => `mutation { ...F } fragment F on M { ${times(count, () => "a")} }`,
    ],
    ["DIRECTIVE_LIMIT_EXCEEDED", 10, (count: number) => `{ a ${times(count, () => "@a")} }`],
    ["REPEAT_LIMIT_EXCEEDED", 20, (count: number) => `{ a { ${times(count, () => "a")} } }`],
    ["REPEAT_LIMIT_EXCEEDED", 20, (count: number) => `{ a { ${times(count, () => "... { a }")} } }`],
    ["LIST_LIMIT_EXCEEDED", 100, (count: number) => `{ a(of: [${times(count, String)}]) }`],
    ["VALUE_DEPTH_LIMIT_EXCEEDED", 32, (count: number) => `{ a(of: ${"[".repeat(count)}1${"]".repeat(count)}) }`],
  ])("%s, beyond %i", (code, limit, document) => {
    expect(checked(document(limit))).toBeUndefined();
    expect(checked(document(limit + 1))).toBe(code);
  });

  it("no alias is exempt, wherever it is", () => {
    const spread = times(16, (at) => `a${at}: __typename`);
    expect(checked(`{ ...F ${spread} } fragment F on Query { ${spread} }`)).toBe("ALIAS_LIMIT_EXCEEDED");
  });
});

describe("attack 12: fragments that double at each level", () => {
  const bomb = (levels: number, spread: (name: string) => string) =>
    `{ ...F0 } ${times(levels, (at) => `fragment F${at} on Query { ${spread(`F${at + 1}`)} }`)} fragment F${levels} on Query { a }`;
  it.each([8, 10, 14, 20, 200])("are counted without being expanded: 2^%i", (levels) => {
    const began = performance.now();
    const expected = levels > 10 ? "SELECTION_LIMIT_EXCEEDED" : undefined;
    expect(checked(bomb(levels, (name) => `...${name} ...${name}`))).toBe(expected);
    const aliased = checked(bomb(Math.min(levels, 14), (name) => `x: a { ...${name} } y: a { ...${name} }`));
    expect(aliased).toBe(levels > 11 ? "DEPTH_LIMIT_EXCEEDED" : levels === 8 ? undefined : "SELECTION_LIMIT_EXCEEDED");
    // This is a bound against expanding them, which would take longer than this test may run. It is not a measurement.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

it("attack 13: fragments that form a cycle are measured up to the cycle", () => {
  expect(checked("{ ...A } fragment A on Query { a ...B } fragment B on Query { b ...A }")).toBeUndefined();
});

it("introspection may be nested deeper than other fields", () => {
  const types = (levels: number) => `{ __schema { types { fields { type ${nested(levels, "name")} } } } }`;
  expect(checked(types(15))).toBeUndefined();
  expect(checked(types(30))).toBe("DEPTH_LIMIT_EXCEEDED");
});
