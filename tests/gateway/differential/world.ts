import {
  type DirectiveNode,
  type DocumentNode,
  getNamedType,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from "graphql";
import { getArgumentValues } from "graphql/execution/values.js";
import { fieldSet, hasFields, requirementsIn } from "../requirements.ts";

/** Returns a number that depends only on the text. */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** One object: the same in every place. */
export interface Thing {
  type: string;
  nr: number;
}

export const root = (type: GraphQLObjectType): Thing => ({ type: type.name, nr: 0 });

/** A failure in the world itself: every subgraph that resolves the field has it. */
export type Trouble = "none" | "error" | "null";

export interface SubgraphSchema {
  document: DocumentNode;
  schema: GraphQLSchema;
}

const howMany = 4;

/**
 * The data of a supergraph. Each value follows from its object, its field, its arguments and what `@requires` brings. So all subgraphs and the undivided
 * schema have the same data, and none of them stores it.
 */
export class World {
  /** The schema of the whole supergraph, including what clients cannot see. */
  readonly schema: GraphQLSchema;
  readonly requirements: ReadonlyMap<string, SelectionSetNode>;
  readonly #subgraphs: readonly SubgraphSchema[];
  readonly #keys = new Set<string>();
  readonly #undisturbed = new Set<string>();
  readonly #candidates = new Map<string, readonly string[]>();

  constructor(schema: GraphQLSchema, subgraphs: readonly SubgraphSchema[]) {
    this.schema = schema;
    this.#subgraphs = subgraphs;
    this.requirements = requirementsIn(...subgraphs.map(({ document }) => document));
    for (const { document } of subgraphs) {
      for (const [type, directive] of directivesOnTypes(document, "key"))
        this.#add(this.#keys, type, fieldSet(textArgument(directive, "fields")));
    }
    for (const coordinate of this.#keys) this.#undisturbed.add(coordinate);
    // A required field that failed would fail other fields, which do not fail in the undivided graph.
    for (const [coordinate, selection] of this.requirements)
      this.#add(this.#undisturbed, coordinate.split(".")[0] ?? "", selection);
  }

  /** Returns all objects that a type may have. */
  thingsOf(typeName: string): Thing[] {
    return this.#objectsOf(typeName).flatMap((type) => Array.from({ length: howMany }, (_, nr) => ({ type, nr })));
  }

  /**
   * Returns the value of a field; objects are returned as things.
   * @param given what a subgraph received of the fields that this one requires; the undivided schema reads them
   * @throws GraphQLError where the trouble is
   */
  valueOf(
    thing: Thing,
    field: string,
    { args, trouble = "none", seed = 0, given }: { args: object; trouble?: Trouble; seed?: number; given?: unknown },
  ): unknown {
    const type = this.objectType(thing.type);
    const definition = type.getFields()[field];
    if (!definition) throw new Error(`There is no ${type.name}.${field}.`);
    const required = this.requirementOf(type, field);
    const text = [
      type.name,
      thing.nr,
      field,
      JSON.stringify(args),
      required ? JSON.stringify(given ?? this.read(thing, required)) : "",
    ].join("/");
    if (trouble !== "none" && !this.#isIn(this.#undisturbed, type, field) && hashOf(`${seed}/${text}`) % 7 === 0) {
      if (trouble === "null") return null;
      throw new GraphQLError(`failed at ${type.name} ${thing.nr} ${field}`, { extensions: { code: "NOT_FOUND" } });
    }
    const isKey = this.#isIn(this.#keys, type, field);
    return this.#made(definition.type, isKey ? `${type.name}/${thing.nr}/${field}` : text, {
      mustBe: isKey,
      thing,
      field,
    });
  }

  /** Returns what a field of a type requires, also through an interface that a subgraph defines as an object. */
  requirementOf(type: GraphQLObjectType, field: string): SelectionSetNode | undefined {
    for (const { name } of [type, ...type.getInterfaces()]) {
      const found = this.requirements.get(`${name}.${field}`);
      if (found) return found;
    }
    return undefined;
  }

  /** Returns the type of a name. @throws Error if it is not an object type */
  objectType(name: string): GraphQLObjectType {
    const type = this.schema.getType(name);
    if (!isObjectType(type)) throw new Error(`${name} is not an object type.`);
    return type;
  }

  /** Returns whether a field is part of a key of its type. */
  isKey(typeName: string, field: string): boolean {
    return this.#keys.has(`${typeName}.${field}`);
  }

  /** Returns what a selection without variables reads of an object. */
  read(value: unknown, selection: SelectionSetNode): unknown {
    if (Array.isArray(value)) return value.map((item) => this.read(item, selection));
    if (!isThing(value)) return value;
    const type = this.objectType(value.type);
    const found: Record<string, unknown> = {};
    for (const node of selection.selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) continue;
      if (node.kind === Kind.INLINE_FRAGMENT) {
        const on = node.typeCondition?.name.value;
        if (on === undefined || this.#objectsOf(on).includes(type.name))
          Object.assign(found, this.read(value, node.selectionSet));
        continue;
      }
      if (node.name.value === "__typename") continue;
      const definition = type.getFields()[node.name.value];
      if (!definition) throw new Error(`There is no ${type.name}.${node.name.value}.`);
      const args = getArgumentValues(definition, node);
      const inner = this.valueOf(value, node.name.value, { args });
      found[node.name.value] = node.selectionSet ? this.read(inner, node.selectionSet) : inner;
    }
    return found;
  }

  #made(type: GraphQLOutputType, seed: string, of: { mustBe: boolean; thing: Thing; field: string }): unknown {
    const hash = hashOf(seed);
    if (isNonNullType(type)) return this.#made(type.ofType, seed, { ...of, mustBe: true });
    if (!of.mustBe && hash % 9 === 0) return null;
    if (isListType(type))
      return Array.from({ length: hash % 4 }, (_, index) =>
        this.#made(type.ofType, `${seed}/${index}`, { ...of, mustBe: false }),
      );
    if (isAbstractType(type) || isObjectType(type)) {
      const possible = this.#candidatesAt(of.thing.type, of.field);
      const name = possible[hash % possible.length];
      return name === undefined ? null : { type: name, nr: (hash >>> 4) % howMany };
    }
    if (this.#keys.has(`${of.thing.type}.${of.field}`)) {
      // The same in each subgraph, and unique to the object.
      const number = (hashOf(of.thing.type) % 100_000) * 10 + of.thing.nr;
      if (type.name === "Int" || type.name === "Float") return number;
      if (type.name === "ID" || type.name === "String") return `${of.field} ${number}`;
    }
    if (isEnumType(type)) return type.getValues()[hash % type.getValues().length]?.value;
    if (type.name === "Int") return hash % 1_000;
    if (type.name === "Float") return (hash % 1_000) / 8;
    if (type.name === "Boolean") return hash % 2 === 0;
    if (type.name === "JSON") return { text: `"${hash}"`, list: [hash, null], constructor: { name: "own" } };
    return ["plain", 'with "quotes" and \\', "ü €  𝄞", "line\nbreak"][hash % 4] + String(hash % 10);
  }

  /** Returns the types that every subgraph that resolves the field can return for it. */
  #candidatesAt(typeName: string, field: string): readonly string[] {
    const coordinate = `${typeName}.${field}`;
    let found = this.#candidates.get(coordinate);
    if (!found) this.#candidates.set(coordinate, (found = this.#findCandidates(typeName, field)));
    return found;
  }

  #findCandidates(typeName: string, field: string): string[] {
    const type = this.objectType(typeName);
    let candidates: string[] | undefined;
    for (const { schema } of this.#subgraphs) {
      for (const name of [typeName, ...type.getInterfaces().map((each) => each.name)]) {
        const local = schema.getType(name);
        const definition = isObjectType(local) ? local.getFields()[field] : undefined;
        if (!definition) continue;
        const given = getNamedType(definition.type);
        const locals = isAbstractType(given) ? schema.getPossibleTypes(given).map((each) => each.name) : [given.name];
        const objects = locals.flatMap((each) => this.#objectsOf(each));
        candidates = candidates ? candidates.filter((each) => objects.includes(each)) : objects;
      }
    }
    return [...new Set(candidates)].sort();
  }

  /** Returns the object types of a name; a subgraph may define an interface as an object. */
  #objectsOf(name: string): string[] {
    const type = this.schema.getType(name);
    return isAbstractType(type) ? this.schema.getPossibleTypes(type).map((each) => each.name) : [name];
  }

  #add(to: Set<string>, typeName: string, { selections }: SelectionSetNode): void {
    const type = this.schema.getType(typeName);
    for (const node of selections) {
      if (node.kind === Kind.INLINE_FRAGMENT)
        this.#add(to, node.typeCondition?.name.value ?? typeName, node.selectionSet);
      if (node.kind !== Kind.FIELD || !(isObjectType(type) || isInterfaceType(type))) continue;
      for (const each of [typeName, ...this.#objectsOf(typeName)]) to.add(`${each}.${node.name.value}`);
      const inner = type.getFields()[node.name.value];
      if (inner && node.selectionSet) this.#add(to, getNamedType(inner.type).name, node.selectionSet);
    }
  }

  #isIn(coordinates: ReadonlySet<string>, type: GraphQLObjectType, field: string): boolean {
    return coordinates.has(`${type.name}.${field}`);
  }
}

export const isThing = (value: unknown): value is Thing =>
  typeof value === "object" && value !== null && "nr" in value && "type" in value;

/** Returns the directives of one name on the types of a schema. */
export function directivesOnTypes(document: DocumentNode, name: string): [type: string, directive: DirectiveNode][] {
  return document.definitions.flatMap((node) =>
    hasFields(node)
      ? (node.directives ?? [])
          .filter((directive) => directive.name.value === name)
          .map((directive): [string, DirectiveNode] => [node.name.value, directive])
      : [],
  );
}

export function textArgument({ arguments: given = [] }: DirectiveNode, name: string): string {
  const value = given.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : "";
}
