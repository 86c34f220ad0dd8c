import { getVariableValues, GraphQLError, type GraphQLSchema, Kind, visit } from "graphql";
import { documentOf, isCondition, type Operation } from "../operation.ts";
import type { Variables } from "./data.ts";

/** The variables of an operation. */
export interface OperationVariables {
  /** Those that `@include` and `@skip` name. */
  booleanNames: readonly string[];
  /** @returns the errors of those that do not fit the operation */
  check(given: Variables): readonly GraphQLError[];
  /** The values of those that `@include` and `@skip` name: as the client sent them, or as the operation declares by default. Only of what `check` finds good. */
  booleans(given: Variables): ReadonlyMap<string, boolean>;
}

export function operationVariables(schema: GraphQLSchema, operation: Operation): OperationVariables {
  const { variableDefinitions = [] } = operation.definition;
  const defaults = new Map(
    variableDefinitions.map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue?.kind === Kind.BOOLEAN ? defaultValue.value : undefined,
    ]),
  );
  const booleanNames = namesIn(operation);
  const valueOf = (name: string, given: Variables): unknown => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    return value === undefined ? defaults.get(name) : value;
  };
  return {
    booleanNames,
    check: (given) =>
      getVariableValues(schema, variableDefinitions, given).errors ??
      // One with a default may be declared nullable, and still must not be null here.
      booleanNames.filter((name) => typeof valueOf(name, given) !== "boolean").map(notBoolean),
    booleans: (given) => new Map(booleanNames.map((name) => [name, valueOf(name, given) === true])),
  };
}

const notBoolean = (name: string): GraphQLError =>
  new GraphQLError(`Variable "$${name}" must not be null where @include or @skip asks for it.`, {
    extensions: { code: "BAD_USER_INPUT" },
  });

function namesIn(operation: Operation): string[] {
  const names = new Set<string>();
  visit(documentOf(operation), {
    Directive: (directive) => {
      if (!isCondition(directive)) return;
      for (const { value } of directive.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
