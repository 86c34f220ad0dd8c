import {
  getNamedType,
  type GraphQLField,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from "graphql";

/** The values at the edges of the scalars, as literals. */
const edges: Readonly<Record<string, readonly string[]>> = {
  Int: ["0", "2", "2147483647"],
  Long: ["0", "9223372036854775807", '"-9223372036854775808"'],
  Float: ["0", "-0.0", "1e308", "-1e308", "5e-324"],
  Duration: [
    '"PT0S"',
    '"PT0.001S"',
    '"PT1S"',
    '"PT596523H"',
    '"PT596524H"',
    '"P999999999D"',
    '"P999999999W"',
    '"-P1D"',
  ],
  DateTime: [
    '"0001-01-01T00:00:00Z"',
    '"1970-01-01T00:00:00Z"',
    '"2026-01-01T00:00:00Z"',
    '"2050-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59.999999Z"',
  ],
};

export interface ExtremeCalls {
  /** `Vm.metrics` */
  name: string;
  /** Aliased calls of the field, with every combination of the values. */
  selections: string[];
}

/** Returns the fields outside lists that take numbers, times or durations, each called with all combinations of their edges, present or omitted. */
export function extremeCalls(schema: GraphQLSchema): ExtremeCalls[] {
  const calls: ExtremeCalls[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    if (type === schema.getMutationType() || type === schema.getSubscriptionType()) continue;
    for (const field of Object.values(type.getFields())) {
      if (getNamedType(field.type).name.endsWith("Connection")) continue;
      if (!field.args.some((argument) => edges[getNamedType(argument.type).name])) continue;
      const selections = combinations(field).map((args, n) => `a${n}: ${field.name}${args} ${leaves(field)}`);
      calls.push({ name: `${type.name}.${field.name}`, selections });
    }
  }
  return calls;
}

function combinations(field: GraphQLField<unknown, unknown>): string[] {
  let found: string[][] = [[]];
  for (const argument of field.args) {
    const type = getNamedType(argument.type);
    const values = isEnumType(type)
      ? type
          .getValues()
          .slice(0, 1)
          .map(({ name }) => name)
      : (edges[type.name] ?? []);
    const given = values.map((value) => [`${argument.name}: ${value}`]);
    const choices = isRequiredArgument(argument) ? given : [[], ...given];
    if (choices.length > 0) found = found.flatMap((args) => choices.map((choice) => [...args, ...choice]));
  }
  return found.map((args) => (args.length > 0 ? `(${args.join(", ")})` : ""));
}

function leaves(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return "";
  if (isAbstractType(type) || !isObjectType(type)) return "{ __typename }";
  const plain = Object.values(type.getFields()).filter((each) => isLeafType(getNamedType(each.type)));
  return `{ ${plain.map(({ name }) => name).join(" ") || "__typename"} }`;
}
