import { type FieldNode, getNamedType, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import type { PublicError } from "#lib/errors.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { isIntrospection, type Operation } from "../operation.ts";
import type { AccessRule } from "./access-rule.ts";
import type { AccessRules } from "./access-rules.ts";

/** The fields of one operation that one identity may not request. */
export interface Refusals {
  /** Equal for the same fields refused for the same reasons; empty when no field is refused. */
  readonly key: string;
  readonly fields: ReadonlyMap<FieldNode, PublicError>;
}

export const noRefusals: Refusals = { key: "", fields: new Map() };

/** The fields of an operation that require permissions, found once. Checking an identity takes one check for each distinct rule. */
export interface OperationAccess {
  /** Whether two callers with the same rights can receive different data from it. */
  dependsOnCaller: boolean;
  refusalsFor(identity: Identity): Refusals;
}

export function operationAccess(apiSchema: GraphQLSchema, rules: AccessRules, operation: Operation): OperationAccess {
  const { guarded, dependsOnCaller } = markedFields(apiSchema, rules, operation);
  const distinct = [...new Set(guarded.flatMap(({ needs }) => needs))];
  return {
    dependsOnCaller,
    refusalsFor: (identity) => {
      let refused: Map<AccessRule, PublicError> | undefined;
      for (const rule of distinct) {
        const refusal = rule.refusal(identity);
        if (refusal) (refused ??= new Map()).set(rule, refusal);
      }
      if (!refused) return noRefusals;
      const fields = new Map<FieldNode, PublicError>();
      for (const { node, needs } of guarded) {
        const missing = needs.find((rule) => refused.has(rule));
        const refusal = missing && refused.get(missing);
        if (refusal) fields.set(node, refusal);
      }
      return { key: keyOf(refused), fields };
    },
  };
}

const keyOf = (refused: ReadonlyMap<AccessRule, PublicError>): string =>
  [...refused].map(([{ name }, { message }]) => `${name}: ${message}`).join("\n");

interface GuardedField {
  node: FieldNode;
  needs: readonly AccessRule[];
}

/** What a field requires follows from where the document selects it, so it is the same wherever its fragment is spread. */
function markedFields(
  apiSchema: GraphQLSchema,
  rules: AccessRules,
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
          const needs = rules.of(selection);
          dependsOnCaller ||= rules.dependsOnCaller(selection);
          if (needs.length > 0 && !isIntrospection(node.name.value)) guarded.push({ node, needs });
        },
      }),
    );
  }
  return { guarded, dependsOnCaller };
}
