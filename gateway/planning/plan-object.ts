import { operationFromDocument } from "@apollo/federation-internals";
import type { FetchDataRewrite, PlanNode, QueryPlan } from "@apollo/query-planner";
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  parse,
  type SelectionNode,
  type VariableDefinitionNode,
  visit,
} from "graphql";
import type { PlannedSupergraph } from "./planned-supergraph.ts";

export type PartlyKnown = Pick<PlannedSupergraph, "supergraph" | "partlyKnown" | "objects">;

/** Completes a plan where it lacks fields of partly known types. */
export type Complete = (plan: QueryPlan, document: DocumentNode, planned: PartlyKnown) => QueryPlan;

/** What is selected of an object of one type that a subgraph returned. */
export interface ObjectToPlan {
  subgraph: string;
  type: string;
  fields: readonly FieldNode[];
  /** The variables of the operation. */
  variables: readonly VariableDefinitionNode[];
}

export interface PlannedObject {
  /** What the subgraph resolves with the object, and what the calls below require of it. */
  selections: readonly SelectionNode[];
  /** The rewrites of these, by paths from the object. */
  rewrites: readonly FetchDataRewrite[];
  /** The calls to other subgraphs, by paths from the object. */
  further: PlanNode | undefined;
}

/** Plans the fields of an object; fields that cannot be reached from the subgraph are left out. */
export function planObject(planned: PartlyKnown, toPlan: ObjectToPlan, complete: Complete): PlannedObject[] {
  if (toPlan.fields.length === 0) return [];
  const rootField = planned.objects.rootField(toPlan.subgraph, toPlan.type);
  if (rootField === undefined) return [];
  const document = documentFor(rootField, toPlan);
  const { supergraph, schema, planner } = planned.objects;
  let plan: QueryPlan;
  try {
    plan = planner.buildQueryPlan(operationFromDocument(schema, document, { validate: false }));
  } catch {
    if (toPlan.fields.length === 1) return [];
    return toPlan.fields.flatMap((field) => planObject(planned, { ...toPlan, fields: [field] }, complete));
  }
  return fromObject(complete(plan, document, { ...planned, supergraph }), rootField);
}

function documentFor(rootField: string, { fields, variables }: ObjectToPlan): DocumentNode {
  const used = new Set<string>();
  for (const field of fields) visit(field, { Variable: ({ name }) => void used.add(name.value) });
  const object: FieldNode = {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: rootField },
    selectionSet: { kind: Kind.SELECTION_SET, selections: fields },
  };
  const [query] = parse("{ __typename }", { noLocation: true }).definitions;
  return {
    kind: Kind.DOCUMENT,
    definitions:
      query?.kind === Kind.OPERATION_DEFINITION
        ? [
            {
              ...query,
              variableDefinitions: variables.filter(({ variable }) => used.has(variable.name.value)),
              selectionSet: { kind: Kind.SELECTION_SET, selections: [object] },
            },
          ]
        : [],
  };
}

/** Returns a plan that starts with a root field as one that starts with the object. */
function fromObject({ node }: QueryPlan, rootField: string): PlannedObject[] {
  if (node?.kind === "Subscription") return [];
  const [first, ...further] = node?.kind === "Sequence" ? node.nodes : node ? [node] : [];
  if (first?.kind !== "Fetch") return [];
  const [definition] = parse(first.operation, { noLocation: true }).definitions;
  const [root] = definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [];
  if (root?.kind !== Kind.FIELD || root.name.value !== rootField || !root.selectionSet) return [];
  return [
    {
      selections: root.selectionSet.selections,
      rewrites: (first.outputRewrites ?? []).map((rewrite) => ({ ...rewrite, path: rewrite.path.slice(1) })),
      further: further.length === 0 ? undefined : { kind: "Sequence", nodes: further.flatMap(belowObject) },
    },
  ];
}

/** Removes the key of the root field from the paths of a node. */
function belowObject(node: PlanNode): PlanNode[] {
  switch (node.kind) {
    case "Flatten":
      return [{ ...node, path: node.path.slice(1) }];
    case "Sequence":
    case "Parallel":
      return [{ ...node, nodes: node.nodes.flatMap(belowObject) }];
    default:
      return [];
  }
}
