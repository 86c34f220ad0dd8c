import type { FetchNode, QueryPlan } from "@apollo/query-planner";
import { type FieldNode, Kind, parse, type SelectionSetNode } from "graphql";
import { getArgumentValues } from "graphql/execution/values.js";
import { fieldsIn } from "#gateway/execution/fields-in.ts";
import { fragmentsOf } from "#gateway/operation.ts";
import type { Path } from "../both-executors.ts";
import type { Observer, ThingField } from "./subgraph.ts";
import { isThing, type Thing, type World } from "./world.ts";

type Representation = Readonly<Record<string, unknown>>;

/** One call of a subgraph. */
interface Call {
  observer: Observer;
  /** Takes a value of the response that a fault replaced. */
  onBroken(path: Path, value: unknown): void;
}

/**
 * What a fault altered in one execution. A gateway sends the keys and required fields of one subgraph to others as they are. By an altered key a subgraph finds
 * nothing, and by an altered requirement it computes another value, without an error. This class knows for which fields of which objects that happened.
 */
export class Alterations {
  readonly #world: World;
  readonly #fetches: readonly { required: readonly string[]; filled: readonly string[] }[];
  /** What is in place of the value of a field, or of a part of it: by the fault itself, or computed from an altered requirement. */
  readonly #values = new Map<string, Set<string>>();
  /** Thing → the names of its fields that a call did not return, because it found nothing. */
  readonly #missing = new Map<string, Set<string>>();

  constructor(world: World, plan: QueryPlan) {
    this.#world = world;
    this.#fetches = fetchesIn(plan).map(({ requires, operation }) => ({
      required: namesIn(requires ?? []),
      filled: filledBy(operation),
    }));
  }

  call(query: string, { representations = [] }: Readonly<Record<string, unknown>>): Call {
    const resolved = new Map<string, ThingField>();
    const notFound = (reference: Representation): void => {
      for (const thing of this.#thingsOf(reference)) this.#add(this.#missing, keyOfThing(thing), ...filledBy(query));
    };
    return {
      observer: {
        resolved: (path, of, { value, given }) => {
          resolved.set(path.join(), of);
          if (given !== undefined && this.#isAltered(of, given)) this.#add(this.#values, keyOf(of, []), textOf(value));
        },
        notFound,
      },
      onBroken: (path, value) => {
        const [key, index] = path;
        if (key === "_entities" && path.length === 2)
          notFound((representations as Representation[])[Number(index)] ?? {});
        const found = fieldAt(resolved, path);
        if (found) this.#add(this.#values, keyOf(found.of, found.within), textOf(value));
      },
    };
  }

  /** Returns whether a field of the response may have this value, which is not that of the untroubled graph, without an error. */
  mayBe(value: unknown, fields: ReadonlyMap<string, ThingField>, path: Path): boolean {
    const found = fieldAt(fields, path);
    if (!found) return false;
    const { of, within } = found;
    if (this.#values.get(keyOf(of, within))?.has(textOf(value))) return true;
    return value === null && within.length === 0 && this.#missingOf(of.thing).has(of.field);
  }

  /** Returns whether a subgraph received another requirement than the untroubled one, and the fault is the reason. */
  #isAltered({ thing, field }: ThingField, given: unknown): boolean {
    const required = this.#world.requirementOf(this.#world.objectType(thing.type), field);
    if (!required || textOf(given) === textOf(this.#world.read(thing, required))) return false;
    return this.#mayHold(thing, required, given);
  }

  /** Returns whether each value that was sent of a thing is its own, or in its place because of the fault. */
  #mayHold(thing: Thing, { selections }: SelectionSetNode, given: unknown): boolean {
    if (typeof given !== "object" || given === null) return false;
    const type = this.#world.objectType(thing.type);
    return selections.every((node) => {
      if (node.kind === Kind.FRAGMENT_SPREAD || node.kind === Kind.INLINE_FRAGMENT)
        throw new Error("Requirements of fragments are not known here.");
      const definition = type.getFields()[node.name.value];
      if (!definition) return node.name.value === "__typename";
      const args = getArgumentValues(definition, node);
      const of = { thing, field: node.name.value, args };
      const held = (given as Record<string, unknown>)[node.name.value];
      return this.#mayBeSent(of, held, { own: this.#world.valueOf(thing, of.field, of), node, within: [] });
    });
  }

  #mayBeSent(
    of: ThingField,
    given: unknown,
    { own, node, within }: { own: unknown; node: FieldNode; within: Path },
  ): boolean {
    if (textOf(given) === textOf(own) || this.#values.get(keyOf(of, within))?.has(textOf(given))) return true;
    if (Array.isArray(own) && Array.isArray(given) && own.length === given.length)
      return own.every((each, index) =>
        this.#mayBeSent(of, given[index], { own: each, node, within: [...within, index] }),
      );
    return isThing(own) && node.selectionSet !== undefined && this.#mayHold(own, node.selectionSet, given);
  }

  /** Returns the things that a gateway may refer to by a representation: by their keys, or by what a fault put in place of these. */
  #thingsOf(reference: Representation): Thing[] {
    return this.#world.thingsOf(String(reference["__typename"])).filter((thing) => {
      const keys = Object.entries(reference).filter(([name]) => this.#world.isKey(thing.type, name));
      return keys.length > 0 && keys.every(([name, value]) => this.#mayBeKey({ thing, field: name, args: {} }, value));
    });
  }

  #mayBeKey(of: ThingField, value: unknown): boolean {
    const own = this.#world.valueOf(of.thing, of.field, of);
    return (
      isThing(own) || String(own) === String(value) || this.#values.get(keyOf(of, []))?.has(textOf(value)) === true
    );
  }

  /** Returns the fields that no call has returned for a thing. A call that requires one of them is not made, for any of its fields. */
  #missingOf(thing: Thing): ReadonlySet<string> {
    const missing = new Set(this.#missing.get(keyOfThing(thing)));
    for (let size = -1; size !== missing.size;) {
      size = missing.size;
      for (const { required, filled } of this.#fetches)
        if (required.some((name) => missing.has(name))) for (const name of filled) missing.add(name);
    }
    return missing;
  }

  #add(to: Map<string, Set<string>>, key: string, ...values: readonly string[]): void {
    to.set(key, new Set([...(to.get(key) ?? []), ...values]));
  }
}

const textOf = (value: unknown): string => JSON.stringify(value) ?? "undefined";

const keyOfThing = ({ type, nr }: Thing): string => `${type}/${nr}`;

const keyOf = ({ thing, field, args }: ThingField, within: Path): string =>
  `${keyOfThing(thing)}/${field}/${JSON.stringify(args)}/${within.join()}`;

/** Returns the field that a path leads to, and where in its value it ends. */
function fieldAt(fields: ReadonlyMap<string, ThingField>, path: Path): { of: ThingField; within: Path } | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const of = fields.get(path.slice(0, length).join());
    if (of) return { of, within: path.slice(length) };
  }
  return undefined;
}

function fetchesIn(node: unknown): FetchNode[] {
  if (typeof node !== "object" || node === null) return [];
  if ("kind" in node && node.kind === "Fetch") return [node as FetchNode];
  return Object.values(node).flatMap(fetchesIn);
}

const namesIn = (selections: NonNullable<FetchNode["requires"]>): string[] =>
  selections.flatMap((each) => {
    if (each.kind === "InlineFragment") return namesIn(each.selections);
    return each.name === "__typename" ? [] : [each.name];
  });

/** Returns the names of the fields that a call for entities selects of them. */
function filledBy(query: string): string[] {
  const document = parse(query, { noLocation: true });
  const fragments = fragmentsOf(document);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  return fieldsIn(operation?.selectionSet, fragments, () => true)
    .filter(({ name }) => name.value === "_entities")
    .flatMap(({ selectionSet }) => fieldsIn(selectionSet, fragments, () => true).map(({ name }) => name.value));
}
