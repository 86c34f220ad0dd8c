import type { FetchNode, PlanNode, QueryPlan, ResponsePath } from "@apollo/query-planner";
import { type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from "graphql";
import { fragmentsOf, keyOf } from "../operation.ts";

/** The response keys that a plan fetches, each with those below it; types and lists on the way are left out. */
export interface PlannedFields extends ReadonlyMap<string, PlannedFields> {}

type Found = Map<string, Found>;

/** Finds what a plan fetches: what is not in it, no subgraph is sent. */
export function plannedFields({ node }: QueryPlan): PlannedFields {
  const root: Found = new Map();
  const visit = (step: PlanNode | undefined, path: ResponsePath): void => {
    if (!step) return;
    if (step.kind === "Fetch") addFetch(step, below(root, path));
    else if (step.kind === "Flatten") visit(step.node, [...path, ...step.path]);
    else if (step.kind === "Sequence" || step.kind === "Parallel") for (const child of step.nodes) visit(child, path);
  };
  if (node?.kind === "Subscription") {
    addFetch(node.primary, root);
    visit(node.rest, []);
  } else visit(node, []);
  return root;
}

function addFetch({ operation, requires, outputRewrites = [] }: FetchNode, to: Found): void {
  const document = parse(operation, { noLocation: true });
  const definition = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (!definition) return;
  const fetched: Found = new Map();
  addSelections(definition.selectionSet, fragmentsOf(document), fetched);
  const fields = requires ? (fetched.get("_entities") ?? new Map()) : fetched;
  for (const rewrite of outputRewrites) {
    if (rewrite.kind !== "KeyRenamer") continue;
    const parent = below(fields, rewrite.path.slice(0, -1));
    add(parent, rewrite.renameKeyTo, parent.get(rewrite.path.at(-1) ?? "") ?? new Map());
  }
  for (const [key, inner] of fields) add(to, key, inner);
}

function addSelections(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>, to: Found): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const inner = fieldAt(to, keyOf(selection));
      if (selection.selectionSet) addSelections(selection.selectionSet, fragments, inner);
      continue;
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    if (fragment) addSelections(fragment.selectionSet, fragments, to);
  }
}

/** The fields at a path, in which `@` is every element of a list and `... on` a type. */
function below(fields: Found, path: ResponsePath): Found {
  let at = fields;
  for (const element of path) {
    if (typeof element === "string" && element !== "@" && !element.startsWith("... on ")) at = fieldAt(at, element);
  }
  return at;
}

function fieldAt(fields: Found, key: string): Found {
  let found = fields.get(key);
  if (!found) fields.set(key, (found = new Map()));
  return found;
}

function add(to: Found, key: string, fields: Found): void {
  const held = fieldAt(to, key);
  if (held !== fields) for (const [inner, more] of fields) add(held, inner, more);
}
