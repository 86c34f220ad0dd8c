import type { FetchDataRewrite, FetchNode, QueryPlan, QueryPlanSelectionNode } from "@apollo/query-planner";
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type NamedTypeNode,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from "graphql";
import { withFetches } from "../plan-fetches.ts";
import type { Terms } from "./terms.ts";

/**
 * Translates a plan over a supergraph with substitute fields to the terms of its subgraphs. A substitute field becomes its field, under an alias and with its
 * arguments. A representation reads the value by the alias, and sends it by the field's name. A virtual subgraph becomes the subgraph itself.
 */
export function inSubgraphTerms(plan: QueryPlan, { substitutes, virtualSubgraphs }: Terms): QueryPlan {
  if (substitutes.size === 0 && virtualSubgraphs.size === 0) return plan;

  const field = (node: FieldNode): FieldNode | undefined => {
    const replaced = substitutes.get(node.name.value);
    return (
      replaced && {
        ...node,
        alias: node.alias ?? node.name,
        name: { kind: Kind.NAME, value: replaced.field },
        arguments: replaced.arguments,
      }
    );
  };

  const required = (selection: QueryPlanSelectionNode): QueryPlanSelectionNode => {
    if (selection.kind === "InlineFragment") return { ...selection, selections: selection.selections.map(required) };
    const replaced = substitutes.get(selection.name);
    return {
      ...selection,
      ...(replaced ? { alias: selection.name, name: replaced.field } : {}),
      ...(selection.selections ? { selections: selection.selections.map(required) } : {}),
    };
  };

  const fetch = (node: FetchNode): FetchNode => {
    const virtual = virtualSubgraphs.get(node.serviceName);
    const document = visit(parse(node.operation), { Field: field });
    const inTerms: FetchNode = {
      ...node,
      serviceName: virtual?.subgraph ?? node.serviceName,
      operation: stripIgnoredCharacters(
        print(virtual?.as === undefined ? document : withEntitiesAs(document, virtual.as)),
      ),
      ...(node.requires ? { requires: node.requires.map(required) } : {}),
    };
    return virtual?.as === undefined ? inTerms : withRepresentationsAs(inTerms, virtual.as);
  };

  return withFetches(plan, fetch);
}

/** Returns a call that requests entities by another type. */
function withEntitiesAs(document: DocumentNode, type: string): DocumentNode {
  const typeCondition: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } };
  return visit(document, {
    Field: (field) => {
      if (field.name.value !== "_entities" || !field.selectionSet) return false;
      const fragments = new Map(
        field.selectionSet.selections.map((selection) => {
          const fragment = selection.kind === Kind.INLINE_FRAGMENT ? { ...selection, typeCondition } : selection;
          return [print(fragment), fragment] as const;
        }),
      );
      return { ...field, selectionSet: { ...field.selectionSet, selections: [...fragments.values()] } };
    },
  });
}

/** Returns a call that sends entities as those of another type. */
const withRepresentationsAs = (fetch: FetchNode, type: string): FetchNode => ({
  ...fetch,
  inputRewrites: [
    ...(fetch.inputRewrites ?? []),
    ...(fetch.requires ?? []).flatMap((selection): FetchDataRewrite[] =>
      selection.kind === "InlineFragment" && selection.typeCondition !== undefined
        ? [{ kind: "ValueSetter", path: [`... on ${selection.typeCondition}`, "__typename"], setValueTo: type }]
        : [],
    ),
  ],
});
