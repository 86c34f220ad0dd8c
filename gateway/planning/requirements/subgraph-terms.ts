import type { FetchNode, QueryPlan, QueryPlanSelectionNode } from "@apollo/query-planner";
import { type FieldNode, Kind, parse, print, stripIgnoredCharacters, visit } from "graphql";
import { withFetches } from "../plan-fetches.ts";
import type { Terms } from "./terms.ts";

/**
 * A plan over a supergraph with stand-ins, in the terms of its subgraphs: what stands for a field is that field, under an alias, with its
 * arguments; what a representation needs is read by the alias and sent by the field's name; a second self is the subgraph itself.
 */
export function inSubgraphTerms(plan: QueryPlan, { standIns, selves }: Terms): QueryPlan {
  if (standIns.size === 0 && selves.size === 0) return plan;

  const field = (node: FieldNode): FieldNode | undefined => {
    const stoodFor = standIns.get(node.name.value);
    return (
      stoodFor && {
        ...node,
        alias: node.alias ?? node.name,
        name: { kind: Kind.NAME, value: stoodFor.field },
        arguments: stoodFor.arguments,
      }
    );
  };

  const required = (selection: QueryPlanSelectionNode): QueryPlanSelectionNode => {
    if (selection.kind === "InlineFragment") return { ...selection, selections: selection.selections.map(required) };
    const stoodFor = standIns.get(selection.name);
    return {
      ...selection,
      ...(stoodFor ? { alias: selection.name, name: stoodFor.field } : {}),
      ...(selection.selections ? { selections: selection.selections.map(required) } : {}),
    };
  };

  const fetch = (node: FetchNode): FetchNode => ({
    ...node,
    serviceName: selves.get(node.serviceName) ?? node.serviceName,
    operation: stripIgnoredCharacters(print(visit(parse(node.operation), { Field: field }))),
    ...(node.requires ? { requires: node.requires.map(required) } : {}),
  });

  return withFetches(plan, fetch);
}
