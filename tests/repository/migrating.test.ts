import { readFileSync } from "node:fs";
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  validate,
} from "graphql";
import { describe, expect, it } from "vitest";
import { productSupergraph } from "#tests/harness/supergraph.ts";

const page = readFileSync("docs/migrating.md", "utf8");
const { apiSchema } = productSupergraph();

const coordinatesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "");
const rows = [...page.matchAll(/^\| (`[^|]*)\| (`[^|]*)\|$/gm)].map(([, old = "", replacement = ""]) => ({
  old: coordinatesIn(old),
  new: coordinatesIn(replacement),
}));

/** Returns whether `Type`, `Type.field`, `Type.field(argument:)` or `Enum.VALUE` exists. */
function exists(schema: GraphQLSchema, coordinate: string): boolean {
  const parts = /^(\w+)(?:\.(\w+)(?:\((\w+):\))?)?$/.exec(coordinate);
  if (!parts) throw new Error(`${coordinate} is not a coordinate of a schema.`);
  const [, typeName = "", member, argument] = parts;
  const type = schema.getType(typeName);
  if (!type || member === undefined) return type !== undefined;
  if (isEnumType(type)) return type.getValue(member) !== undefined;
  if (isInputObjectType(type)) return member in type.getFields();
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  const field = type.getFields()[member];
  return field !== undefined && (argument === undefined || field.args.some(({ name }) => name === argument));
}

describe("docs/migrating.md", () => {
  it("names as old only what no longer exists, and as new only what exists", () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.flatMap((row) => row.old).filter((coordinate) => exists(apiSchema, coordinate))).toEqual([]);
    expect(rows.flatMap((row) => row.new).filter((coordinate) => !exists(apiSchema, coordinate))).toEqual([]);
  });

  it("names each old coordinate once", () => {
    const old = rows.flatMap((row) => row.old);
    expect(old.filter((coordinate, index) => old.indexOf(coordinate) !== index)).toEqual([]);
  });

  it("has an old form of each example that is not valid, and a new one that is", () => {
    const examples = [...page.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) {
      const [before = "", after = ""] = example.split("# after\n");
      // Each operation by itself, because a document has only one without a name.
      const errorsOf = (text: string) =>
        parse(text).definitions.map(
          (definition) => validate(apiSchema, { kind: Kind.DOCUMENT, definitions: [definition] }).length,
        );
      expect(
        errorsOf(before).every((count) => count > 0),
        before,
      ).toBe(true);
      expect(
        errorsOf(after).every((count) => count === 0),
        after,
      ).toBe(true);
    }
  });
});
