import type { FetchNode, PlanNode, QueryPlan, ResponsePath } from "@apollo/query-planner";
import { type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from "graphql";
import { fragmentsOf, keyOf } from "../operation.ts";

/** The response keys that a plan fetches; lists on the path are left out. */
export interface PlannedFields extends ReadonlyMap<string, PlannedField> {}

export interface PlannedField {
  /** The fields that are fetched below it. */
  fields: PlannedFields;
  /** For each fetch that has the field: the type conditions around it. */
  under: readonly (readonly string[])[];
}

interface Found extends PlannedField {
  fields: Map<string, Found>;
  under: (readonly string[])[];
}

/** Returns whether a field is fetched for objects that fit these type conditions. */
export const isPlannedOf = ({ under }: PlannedField, fits: (condition: string) => boolean): boolean =>
  under.some((conditions) => conditions.every(fits));

/** Finds the fields that a plan fetches: no subgraph is queried for other fields. */
export function plannedFields({ node }: QueryPlan): PlannedFields {
  const root: Fields = new Map();
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

type Fields = Map<string, Found>;

function addFetch({ operation, requires, outputRewrites = [] }: FetchNode, to: Fields): void {
  const document = parse(operation, { noLocation: true });
  const definition = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (!definition) return;
  const fetched: Fields = new Map();
  addSelections(definition.selectionSet, fragmentsOf(document), { to: fetched, conditions: [] });
  const fields = requires ? (fetched.get("_entities")?.fields ?? new Map<string, Found>()) : fetched;
  for (const rewrite of outputRewrites) {
    if (rewrite.kind !== "KeyRenamer") continue;
    const parent = below(fields, rewrite.path.slice(0, -1));
    const renamed = parent.get(rewrite.path.at(-1) ?? "");
    if (renamed) add(parent, rewrite.renameKeyTo, renamed);
  }
  for (const [key, field] of fields) add(to, key, field);
}

function addSelections(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  { to, conditions }: { to: Fields; conditions: readonly string[] },
): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const field = fieldAt(to, keyOf(selection));
      field.under.push(conditions);
      if (selection.selectionSet)
        addSelections(selection.selectionSet, fragments, { to: field.fields, conditions: [] });
      continue;
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    if (!fragment) continue;
    const condition = fragment.typeCondition?.name.value;
    const narrower = condition === undefined ? conditions : [...conditions, condition];
    addSelections(fragment.selectionSet, fragments, { to, conditions: narrower });
  }
}

/** Returns the fields at a path, in which `@` is every element of a list and `... on` a type. */
function below(fields: Fields, path: ResponsePath): Fields {
  let at = fields;
  for (const element of path) {
    if (typeof element === "string" && element !== "@" && !element.startsWith("... on "))
      at = fieldAt(at, element).fields;
  }
  return at;
}

function fieldAt(fields: Fields, key: string): Found {
  let found = fields.get(key);
  if (!found) fields.set(key, (found = { fields: new Map(), under: [] }));
  return found;
}

function add(to: Fields, key: string, field: Found): void {
  const held = fieldAt(to, key);
  if (held === field) return;
  held.under.push(...field.under);
  for (const [inner, more] of field.fields) add(held.fields, inner, more);
}
