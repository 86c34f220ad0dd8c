import {
  type FieldNode,
  type GraphQLCompositeType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from "graphql";
import type { PublicError } from "#lib/errors.ts";
import { isIntrospection } from "../../operation.ts";
import { type Data, isData, reader } from "../data.ts";
import { type CollectedField, collectFields, type Selected } from "./collect-fields.ts";
import { locate, type Problem, type Write } from "./problems.ts";
import { quoted } from "./quoted.ts";
import { valueWriter } from "./write-value.ts";

/** Writes the fields of an object, or undefined when one of them is null and may not be. */
type WriteFields = (data: Data, problems: Problem[]) => string | undefined;

/** Writes the objects that some field nodes select from. For each type that it meets, the fields are collected and compiled once. */
export function objectWriter(
  selected: Selected,
  declared: GraphQLCompositeType,
  nodes: readonly FieldNode[],
  called: string,
): Write {
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const byType = new Map<string, WriteFields>();
  const writerFor = (typename: string): WriteFields | undefined => {
    const type = typename === "" ? declared : selected.schema.getType(typename);
    if (!isCompositeType(type)) return undefined;
    const fields = collectFields(selected, sets, {
      declared: declared.name,
      typename: typename === "" ? undefined : typename,
    });
    const write = fieldsWriter(selected, type, fields);
    byType.set(typename, write);
    return write;
  };
  return (value, problems) => {
    if (value === null || value === undefined) return "null";
    if (!isData(value)) {
      problems.push({ message: `Invalid value found for ${called}.`, upwards: [] });
      return "null";
    }
    const said = value["__typename"] ?? "";
    const write = byType.get(said as string) ?? (typeof said === "string" ? writerFor(said) : undefined);
    if (write) return write(value, problems) ?? "null";
    problems.push({ message: `Invalid __typename found for object at ${called}.`, upwards: [] });
    return "null";
  };
}

/** Compiles the fields of an object of a known type. */
export function fieldsWriter(
  selected: Selected,
  type: GraphQLCompositeType,
  collected: readonly CollectedField[],
): WriteFields {
  const fields = collected.map((field, index) => ({
    key: field.key,
    prefix: `${index === 0 ? "{" : ","}${quoted(field.key)}:`,
    read: reader(isIntrospection(field.name) ? field.key : selected.aliases.planned(field.key, field.name)),
    write: fieldWriter(selected, type, field),
  }));
  if (fields.length === 0) return () => "{}";
  return (data, problems) => {
    let json = "";
    for (const { key, prefix, read, write } of fields) {
      const before = problems.length;
      const text = write(read(data), problems);
      if (problems.length !== before) locate(problems, before, key);
      if (text === undefined) return undefined;
      json += prefix + text;
    }
    return `${json}}`;
  };
}

function fieldWriter(selected: Selected, type: GraphQLCompositeType, field: CollectedField): Write {
  const refusal = refusalIn(selected, field);
  if (field.name === "__typename") return refusal ? refusedWriter(refusal, undefined) : typenameWriter(selected, type);
  if (isIntrospection(field.name)) return (value) => JSON.stringify(value);
  const parent = selected.schema.getType(field.parent);
  const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field.name] : undefined;
  if (!definition) throw new Error(`Type ${field.parent} has no field ${field.name}.`);
  if (refusal) return refusedWriter(refusal, isNonNullType(definition.type) ? undefined : "null");
  return valueWriter({
    type: definition.type,
    called: `field ${type.name}.${field.key}`,
    object: (composite, called) => objectWriter(selected, composite, field.nodes, called),
  });
}

/** Where one of several selections of a key is refused the whole is: what it selects was not all asked for. */
function refusalIn({ refused }: Selected, { nodes }: CollectedField): PublicError | undefined {
  if (refused.size === 0) return undefined;
  const node = nodes.find((candidate) => refused.has(candidate));
  return node && refused.get(node);
}

function refusedWriter(refusal: PublicError, text: "null" | undefined): Write {
  return (_value, problems) => {
    problems.push({ message: refusal.message, refusal, upwards: [] });
    return text;
  };
}

/** An object of a type that clients cannot see, or of none, cannot say what it is. */
function typenameWriter(selected: Selected, type: GraphQLCompositeType): Write {
  const own = isObjectType(type) ? quoted(type.name) : undefined;
  return (value, problems) => {
    const named = typeof value === "string" ? selected.schema.getType(value) : undefined;
    const text = named ? (isObjectType(named) ? quoted(named.name) : undefined) : own;
    if (text === undefined) problems.push({ message: `Invalid __typename found for ${type.name}.`, upwards: [] });
    return text;
  };
}
