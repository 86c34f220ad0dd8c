import { type ConstDirectiveNode, type DocumentNode, Kind, parse, print, visit } from "graphql";
import { withExecutableDirectives } from "../executable-directives.ts";
import { withOneOfDefined } from "../one-of.ts";
import { withoutIdleExternals } from "./idle-externals.ts";
import { withoutIdleInterfaceObjects } from "./idle-interface-objects.ts";
import { withInaccessible } from "./inaccessible.ts";
import { withResolvableKeys } from "./resolvable-keys.ts";
import { withVirtualSubgraphs } from "./add-virtual-subgraphs.ts";
import { SubstituteFields } from "./substitute-fields.ts";
import {
  argumentOf,
  directivesOf,
  hasFields,
  parseFieldSet,
  typesIn,
  type TypesWithFields,
  withArgument,
} from "../supergraph-ast.ts";
import type { Requirement, Terms } from "./terms.ts";

/**
 * Returns the supergraph over which operations are planned. Apollo's planner handles `@requires` incorrectly in four ways:
 *
 * - It ignores arguments: `price(currency: "USD")` that a field requires, and `price` or `price(currency: "EUR")` that a client or another field requests,
 *   become one field in its plans, with the arguments of either.
 * - It fetches a required field that itself requires something before that is known, where its subgraph is the one that was called first.
 * - It returns to a subgraph by a key that is `resolvable: false` there.
 * - After the requirement of an `@interfaceObject` it finds no way, or leaves the field out.
 *
 * So it plans over a supergraph that has none of these:
 *
 * - `price(currency: "USD")` of a `@requires` is a separate field there, a substitute field without arguments, which no client sees.
 * - Some fields of a subgraph are divided among virtual subgraphs: those whose requirements cannot be in one representation (`price` in two
 *   currencies), and those that others require. Virtual subgraphs are reached by an entity's key alone, and called one by one.
 * - What an `@interfaceObject` requires is required by the types behind it, in a virtual subgraph that knows them.
 * - Keys that a subgraph resolves come first (`withResolvableKeys`), and none leads to an `@interfaceObject` that has nothing
 *   (`withoutIdleInterfaceObjects`).
 *
 * `inSubgraphTerms` translates the names in its plans back. A supergraph without such requirements is unchanged.
 */
export function supergraphToPlan(sdl: string): Terms & { document: DocumentNode } {
  const given = parse(sdl, { noLocation: true });
  const document = withResolvableKeys(withoutIdleInterfaceObjects(withOneOfDefined(withExecutableDirectives(given))));
  const whole = typesIn(document);
  const substitutes = new SubstituteFields(whole);
  const withoutArguments = requirementsOf(whole).map((requirement) => ({
    ...requirement,
    selection: substitutes.putInto(requirement.selection, requirement.type),
  }));
  const rewritten = substitutes.addTo(withRequirements(document, withoutArguments));
  const { document: divided, virtualSubgraphs } = withVirtualSubgraphs(
    rewritten,
    requirementsOf(typesIn(rewritten)),
    substitutes.known,
  );
  const types = [...typesIn(divided).values()];
  const required = fieldNamesIn(
    types.flatMap(({ fields = [] }) => fields),
    "join__field",
    "requires",
  );
  const keys = fieldNamesIn(types, "join__type", "key");
  const terms: Terms = {
    substitutes: substitutes.known,
    virtualSubgraphs,
    plannerFields: new Set(["__typename", ...keys, ...required]),
  };
  if (substitutes.known.size === 0 && virtualSubgraphs.size === 0) return { document, ...terms };
  return { document: withInaccessible(withoutIdleExternals(divided)), ...terms };
}

/** Returns the names of all fields in the selections that an argument of a directive holds. */
function fieldNamesIn(
  nodes: readonly { readonly directives?: readonly ConstDirectiveNode[] }[],
  name: string,
  argument: string,
) {
  const found = new Set<string>();
  for (const node of nodes) {
    for (const join of directivesOf(node, name)) {
      const text = argumentOf(join, argument);
      if (text !== undefined) visit(parseFieldSet(text), { Field: (field) => void found.add(field.name.value) });
    }
  }
  return found;
}

const requirementsOf = (types: TypesWithFields): Requirement[] =>
  [...types.values()].flatMap(({ name, fields = [] }) =>
    fields.flatMap((field) =>
      directivesOf(field, "join__field").flatMap((join) => {
        const [graph, requires] = [argumentOf(join, "graph"), argumentOf(join, "requires")];
        if (graph === undefined || requires === undefined) return [];
        return { type: name.value, field: field.name.value, graph, selection: parseFieldSet(requires) };
      }),
    ),
  );

/** Returns the document with these selections in its `@join__field(requires:)`. */
function withRequirements(document: DocumentNode, requirements: readonly Requirement[]): DocumentNode {
  const selectionOf = (type: string, field: string, graph: string | undefined) =>
    requirements.find((each) => each.type === type && each.field === field && each.graph === graph)?.selection;
  return {
    ...document,
    definitions: document.definitions.map((node) => {
      if (!hasFields(node)) return node;
      const fields = (node.fields ?? []).map((field) => ({
        ...field,
        directives: (field.directives ?? []).map((each): ConstDirectiveNode => {
          if (each.name.value !== "join__field" || argumentOf(each, "requires") === undefined) return each;
          const selection = selectionOf(node.name.value, field.name.value, argumentOf(each, "graph"));
          if (!selection) return each;
          const text = selection.selections.map((selected) => print(selected)).join(" ");
          return withArgument(each, "requires", { kind: Kind.STRING, value: text });
        }),
      }));
      return { ...node, fields };
    }),
  };
}
