import { randomUUID } from "node:crypto";
import type { QueryPlan } from "@apollo/query-planner";
import {
  type FloatValueNode,
  getNamedType,
  type GraphQLSchema,
  type IntValueNode,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  type StringValueNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { survivesAsDouble } from "#lib/exact-json.ts";
import { withFetches } from "./plan-fetches.ts";

/**
 * Number literals of custom scalars, as a client wrote them. Apollo's planner converts them to doubles: `1.10` becomes `1.1`, and `9007199254740993`
 * another integer; for `1e400` it makes no plan. Literals that would change are strings during planning.
 */
export class NumberLiterals {
  readonly #typeInfo: TypeInfo;
  readonly #prefix = `${randomUUID()}:`;
  readonly #literals: string[] = [];

  constructor(schema: GraphQLSchema) {
    this.#typeInfo = new TypeInfo(schema);
  }

  /** Returns the operation to plan, in which such literals are marked. Call it once for each operation. */
  marked(definition: OperationDefinitionNode): OperationDefinitionNode {
    const mark = (literal: IntValueNode | FloatValueNode): StringValueNode | undefined => {
      // Inside an object that is a value of a custom scalar there are no types.
      const type = getNamedType(this.#typeInfo.getInputType() ?? undefined);
      if ((type && isSpecifiedScalarType(type)) || survivesAsDouble(literal.value)) return undefined;
      return { kind: Kind.STRING, value: `${this.#prefix}${this.#literals.push(literal.value) - 1}` };
    };
    return visit(definition, visitWithTypeInfo(this.#typeInfo, { IntValue: mark, FloatValue: mark }));
  }

  /** Returns the plan with the literals as they were written. */
  inPlan(plan: QueryPlan): QueryPlan {
    if (this.#literals.length === 0) return plan;
    const marks = new RegExp(`"${this.#prefix}(\\d+)"`, "g");
    return withFetches(plan, (fetch) => ({
      ...fetch,
      operation: fetch.operation.replaceAll(marks, (_mark, index: string) => this.#literals[Number(index)] ?? "null"),
    }));
  }
}
