import {
  type FieldNode,
  type GraphQLCompositeType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from "graphql";
import type { PublicError } from "#lib/errors.ts";
import { isIntrospection } from "../../operation.ts";
import { isPlannedOf, type PlannedField, type PlannedFields } from "../../planning/planned-fields.ts";
import { type Data, isData, reader } from "../data.ts";
import { type CollectedField, collectFields, type Selected } from "./collect-fields.ts";
import { addOthers, forgetUnfetched, invalid, locate, type Problem, type Write } from "./problems.ts";
import { quoted } from "./quoted.ts";
import { valueWriter } from "./write-value.ts";

/** Writes the fields of an object; returns undefined when one of them is null and must not be. */
type WriteFields = (data: Data, problems: Problem[]) => string | undefined;

/** The field nodes whose selections an object has, and where they are. */
interface Selection {
  nodes: readonly FieldNode[];
  /** The fields that the plan fetches there. */
  planned: PlannedFields;
  /** The name of the object's field in messages. */
  called: string;
}

/** Writes the objects that some field nodes select from. For each type that occurs, the fields are collected and compiled once. */
function objectWriter(
  selected: Selected,
  declared: GraphQLCompositeType,
  { nodes, planned, called }: Selection,
): Write {
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const byType = new Map<string, WriteFields>();
  const writerFor = (typename: string): WriteFields | undefined => {
    const named = typename === "" ? declared : selected.schema.getType(typename);
    if (!isCompositeType(named) || !selected.fits(named.name, declared.name)) return undefined;
    const type = narrowest(selected, named);
    const { fields, dependsOnType } = collectFields(selected, sets, type);
    const write = dependsOnType ? unknownType(called) : fieldsWriter(selected, type, { fields, planned });
    byType.set(typename, write);
    return write;
  };
  return (value, problems) => {
    if (value === null || value === undefined) return "null";
    if (!isData(value)) return invalid(value, called, problems);
    const typename = value["__typename"] ?? "";
    const write = byType.get(typename as string) ?? (typeof typename === "string" ? writerFor(typename) : undefined);
    if (write) return write(value, problems) ?? "null";
    problems.push({ message: `Invalid __typename found for object at ${called}.`, upwards: [] });
    return "null";
  };
}

/** Returns the type of an object of which this much is known. */
function narrowest({ schema }: Selected, type: GraphQLCompositeType): GraphQLCompositeType {
  const [only, another] = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  return only && !another ? only : type;
}

/** Writes an object whose type could not be determined: it cannot be known which fields are selected. */
function unknownType(called: string): WriteFields {
  return (_data, problems) => {
    problems.push({ message: `No subgraph answered the type of the object at ${called}.`, upwards: [] });
    return undefined;
  };
}

/** Compiles the fields of an object of a known type. */
export function fieldsWriter(
  selected: Selected,
  type: GraphQLCompositeType,
  { fields: collected, planned }: { fields: readonly CollectedField[]; planned: PlannedFields },
): WriteFields {
  const fields = collected.map((field, index): Field => {
    const plannedKey = isIntrospection(field.name) ? field.key : selected.aliases.planned(field.nodes[0]);
    return {
      key: field.key,
      prefix: `${index === 0 ? "{" : ","}${quoted(field.key)}:`,
      read: reader(plannedKey),
      write: fieldWriter(selected, type, { field, planned: planned.get(plannedKey) }),
    };
  });
  if (fields.length === 0) return () => "{}";
  return (data, problems) => {
    let json = "";
    const begun = problems.length;
    for (const field of fields) {
      const { key, prefix, read, write } = field;
      const before = problems.length;
      const text = write(read(data), problems);
      if (problems.length !== before) locate(problems, before, key);
      if (text === undefined) {
        forgetUnfetched(problems, begun, (cause) => cause === key);
        if (problems.slice(begun).some(({ isUnfetched }) => isUnfetched))
          addOthers(problems, begun, ownCauses(fields.slice(fields.indexOf(field) + 1), data));
        return undefined;
      }
      json += prefix + text;
    }
    return `${json}}`;
  };
}

interface Field {
  key: string;
  prefix: string;
  read: (data: Data) => unknown;
  write: Write;
}

/** Returns the problems of those fields that make their object null for reasons of their own, not because they were not fetched. */
function ownCauses(fields: readonly Field[], data: Data): Problem[] {
  return fields.flatMap(({ key, read, write }) => {
    const problems: Problem[] = [];
    if (write(read(data), problems) !== undefined) return [];
    locate(problems, 0, key);
    return problems.filter(({ isUnfetched }) => !isUnfetched);
  });
}

function fieldWriter(
  selected: Selected,
  type: GraphQLCompositeType,
  { field, planned }: { field: CollectedField; planned: PlannedField | undefined },
): Write {
  const refusal = refusalIn(selected, field);
  if (field.name === "__typename")
    return refusal ? failedWriter({ message: refusal.message, refusal }, undefined) : typenameWriter(type);
  if (isIntrospection(field.name)) return (value) => JSON.stringify(value);
  const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name] : undefined;
  if (!definition) throw new Error(`Type ${type.name} has no field ${field.name}.`);
  const called = `field ${type.name}.${field.key}`;
  const none = isNonNullType(definition.type) ? undefined : "null";
  if (refusal) return failedWriter({ message: refusal.message, refusal }, none);
  // An error is better than a null that looks like one from a subgraph.
  const unreachable = failedWriter({ message: `No subgraph can be queried for ${called}.` }, none);
  if (!planned) return unreachable;
  const write = valueWriter({
    type: definition.type,
    called,
    object: (composite, within) =>
      objectWriter(selected, composite, { nodes: field.nodes, planned: planned.fields, called: within }),
  });
  if (isAbstractType(type) || isPlannedOf(planned, (condition) => selected.fits(type.name, condition))) return write;
  // The plan fetches it for objects of other types.
  return (value, problems) => (value === undefined ? unreachable : write)(value, problems);
}

/** Returns the refusal of a key when one of its selections is refused: not everything that it selects was requested. */
function refusalIn({ refused }: Selected, { nodes }: CollectedField): PublicError | undefined {
  if (refused.size === 0) return undefined;
  const node = nodes.find((candidate) => refused.has(candidate));
  return node && refused.get(node);
}

function failedWriter(problem: Omit<Problem, "upwards">, text: "null" | undefined): Write {
  return (_value, problems) => {
    problems.push({ ...problem, upwards: [] });
    return text;
  };
}

/** The type name of an object of which only an interface is known cannot be written. */
function typenameWriter(type: GraphQLCompositeType): Write {
  if (isObjectType(type)) {
    const text = quoted(type.name);
    return () => text;
  }
  return failedWriter({ message: `Invalid __typename found for ${type.name}.` }, undefined);
}
