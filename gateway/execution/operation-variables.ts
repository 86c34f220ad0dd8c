import {
  getNullableType,
  getVariableValues,
  GraphQLError,
  GraphQLID,
  type GraphQLSchema,
  type GraphQLType,
  isInputObjectType,
  isListType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type NamedTypeNode,
  typeFromAST,
  type VariableDefinitionNode,
  visit,
} from "graphql";
import { ExactNumber, hasExactNumbers, withDoubles } from "#lib/exact-json.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { documentOf, isCondition, type Operation } from "../operation.ts";
import { isData } from "./data.ts";

/** The variables of an operation. */
export interface OperationVariables {
  /** The variables that `@include` and `@skip` name. */
  booleanNames: readonly string[];
  /** Returns the variables as subgraphs receive them: digits are kept in custom scalars and ids. */
  read(given: Variables): Variables;
  /** Returns the errors of variables that do not fit the operation. */
  check(given: Variables): readonly GraphQLError[];
  /**
   * Returns the values of the variables that `@include` and `@skip` name: as the client sent them, or their defaults. Call it only after `check` found no
   * error.
   */
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
    read: (given) => (hasExactNumbers(given) ? withDigits(schema, variableDefinitions, given) : given),
    check: (given) =>
      getVariableValues(schema, variableDefinitions, withDoubles(given)).errors ??
      // A variable with a default may be declared nullable, and still must not be null here.
      booleanNames.filter((name) => typeof valueOf(name, given) !== "boolean").map(notBoolean),
    booleans: (given) => new Map(booleanNames.map((name) => [name, valueOf(name, given) === true])),
  };
}

function withDigits(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Variables,
): Variables {
  const types = new Map(
    definitions.map(({ variable, type }) => [variable.name.value, typeFromAST(schema, type as NamedTypeNode)]),
  );
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, digitsOf(value, types.get(name))]));
}

/** Returns a value of a type in which exact numbers become doubles where the type holds only doubles. */
function digitsOf(value: unknown, type: GraphQLType | undefined): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable))
    return Array.isArray(value)
      ? value.map((item) => digitsOf(item, nullable.ofType))
      : digitsOf(value, nullable.ofType);
  if (isInputObjectType(nullable) && isData(value)) {
    const fields = nullable.getFields();
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, digitsOf(own, fields[name]?.type)]));
  }
  const isId = nullable === GraphQLID && value instanceof ExactNumber && /^-?\d+$/.test(value.source);
  return isId || (isScalarType(nullable) && !isSpecifiedScalarType(nullable)) ? value : withDoubles(value);
}

const notBoolean = (name: string): GraphQLError =>
  new GraphQLError(`Variable "$${name}" must not be null where @include or @skip uses it.`, {
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
