import { GraphQLError, Kind, visit } from "graphql";
import type { Variables } from "./data.ts";
import type { Operation } from "../operation.ts";

/** The variables of an operation that `@include` and `@skip` name. */
export interface BooleanVariables {
  names: readonly string[];
  /** Reads a value as the client sent it, or as the operation declares by default. It throws what `refused` would have returned. */
  reader(name: string): (variables: Variables) => boolean;
  /** The errors of those that are null: a variable with a default may be declared nullable, and still must not be null here. */
  refused(variables: Variables): GraphQLError[];
}

export function booleanVariables(operation: Operation): BooleanVariables {
  const defaults = new Map(
    operation.definition.variableDefinitions?.map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue?.kind === Kind.BOOLEAN ? defaultValue.value : undefined,
    ]),
  );
  const names = [...namesIn(operation)];
  const valueOf = (name: string, variables: Variables): unknown => {
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return given === undefined ? defaults.get(name) : given;
  };
  return {
    names,
    reader: (name) => (variables) => {
      const value = valueOf(name, variables);
      if (typeof value === "boolean") return value;
      throw notBoolean(name);
    },
    refused: (variables) =>
      names.filter((name) => typeof valueOf(name, variables) !== "boolean").map((name) => notBoolean(name)),
  };
}

const notBoolean = (name: string): GraphQLError =>
  new GraphQLError(`Variable "$${name}" must not be null where @include or @skip asks for it.`, {
    extensions: { code: "BAD_USER_INPUT" },
  });

function namesIn({ definition, fragments }: Operation): Set<string> {
  const names = new Set<string>();
  for (const node of [definition, ...fragments.values()]) {
    visit(node, {
      Directive: ({ name, arguments: given }) => {
        if (name.value !== "skip" && name.value !== "include") return;
        for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      },
    });
  }
  return names;
}
