import { type FieldNode, getNamedType, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import type { PublicError } from "#lib/errors.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { isIntrospection, type Operation } from "../operation.ts";
import type { Requirement } from "./requirement.ts";
import type { Requirements } from "./requirements.ts";

/** The fields of one operation that one identity may not request. */
export interface Refusals {
  /** Equal for the same fields refused for the same reasons; empty when no field is refused. */
  readonly key: string;
  readonly fields: ReadonlyMap<FieldNode, PublicError>;
}

export const noRefusals: Refusals = { key: "", fields: new Map() };

/** The fields of an operation that require permissions, found once. Checking an identity takes one check for each distinct requirement. */
export interface OperationAccess {
  /** Whether two callers with the same rights can receive different data from it. */
  dependsOnCaller: boolean;
  refusalsFor(identity: Identity): Refusals;
}

export function operationAccess(
  apiSchema: GraphQLSchema,
  requirements: Requirements,
  operation: Operation,
): OperationAccess {
  const { guarded, dependsOnCaller } = markedFields(apiSchema, requirements, operation);
  const distinct = [...new Set(guarded.flatMap(({ needs }) => needs))];
  return {
    dependsOnCaller,
    refusalsFor: (identity) => {
      let refused: Map<Requirement, PublicError> | undefined;
      for (const requirement of distinct) {
        const refusal = requirement.refusal(identity);
        if (refusal) (refused ??= new Map()).set(requirement, refusal);
      }
      if (!refused) return noRefusals;
      const fields = new Map<FieldNode, PublicError>();
      for (const { node, needs } of guarded) {
        const missing = needs.find((requirement) => refused.has(requirement));
        const refusal = missing && refused.get(missing);
        if (refusal) fields.set(node, refusal);
      }
      return { key: keyOf(refused), fields };
    },
  };
}

const keyOf = (refused: ReadonlyMap<Requirement, PublicError>): string =>
  [...refused].map(([{ name }, { message }]) => `${name}: ${message}`).join("\n");

interface GuardedField {
  node: FieldNode;
  needs: readonly Requirement[];
}

/** What a field requires follows from where the document selects it, so it is the same wherever its fragment is spread. */
function markedFields(
  apiSchema: GraphQLSchema,
  requirements: Requirements,
  { definition, fragments }: Operation,
): { guarded: GuardedField[]; dependsOnCaller: boolean } {
  const guarded: GuardedField[] = [];
  let dependsOnCaller = false;
  const types = new TypeInfo(apiSchema);
  for (const root of [definition, ...fragments.values()]) {
    visit(
      root,
      visitWithTypeInfo(types, {
        Field: (node) => {
          const parent = types.getParentType();
          if (!parent) return;
          const returned = types.getFieldDef()?.type;
          const selection = {
            parent: parent.name,
            field: node.name.value,
            returned: returned && getNamedType(returned).name,
          };
          const needs = requirements.of(selection);
          dependsOnCaller ||= requirements.dependsOnCaller(selection);
          if (needs.length > 0 && !isIntrospection(node.name.value)) guarded.push({ node, needs });
        },
      }),
    );
  }
  return { guarded, dependsOnCaller };
}
