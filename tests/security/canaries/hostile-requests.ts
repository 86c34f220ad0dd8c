import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";

export interface HostileRequest {
  /** The field that it targets, and what is wrong with it. */
  what: string;
  query: string;
  variables?: Record<string, unknown>;
}

/** Fields that are stored in order to be shown: a user who writes a secret there publishes it themselves. */
const shown = new Set(["username", "email", "name", "displayName", "description"]);

const plainValues: Readonly<Record<string, unknown>> = {
  Int: 1,
  Float: 1,
  Long: 1,
  Boolean: true,
  DateTime: "2035-01-01T00:00:00Z",
  Duration: "PT1H",
  Decimal: "1",
  UUID: "0197a000-ffff-7000-8000-000000000002",
  IPAddress: "192.0.2.1",
  MAC: "00:00:5e:00:53:01",
};
const isText = (name: string): boolean => name === "String" || name === "ID";

/**
 * Returns requests for every root field that hold the secret in all their texts, in 10 KB, and in the place of every single value where its type
 * refuses it. Each is sent both as variables and as literals in the document.
 */
export function* hostileRequests(schema: GraphQLSchema, secret: string): Generator<HostileRequest> {
  const misfitting = new Set<string>();
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  for (const [kind, root] of Object.entries(roots)) {
    for (const { name, args, type } of Object.values(root?.getFields() ?? {})) {
      const selection = below(type);
      // Any text in the filter of a subscription is refused where it has to be an id: without a filter, events are emitted as well.
      if (kind === "subscription" && !args.some(isRequiredArgument))
        yield { what: `${name}, without arguments`, query: `subscription { ${name}${selection} }` };
      for (const [what, values] of valuesOf(args, secret, misfitting)) {
        const given = args.filter((arg) => values[arg.name] !== undefined);
        if (given.length === 0) continue;
        const declared = given.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
        const used = given.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
        yield {
          what: `${name}, ${what}`,
          query: `${kind} (${declared}) { ${name}(${used})${selection} }`,
          variables: values,
        };
        const written = given.map((arg) => `${arg.name}: ${literal(values[arg.name])}`).join(", ");
        yield { what: `${name}, ${what}, in the document`, query: `${kind} { ${name}(${written})${selection} }` };
      }
    }
  }
}

/** An enum value, which is written without quotation marks. */
class EnumName extends String {
  toJSON(): string {
    return this.toString();
  }
}

function* valuesOf(
  args: readonly GraphQLArgument[],
  secret: string,
  misfitting: Set<string>,
): Generator<[what: string, values: Record<string, unknown>]> {
  const all = (text: string, kept: string) =>
    Object.fromEntries(args.map((arg) => [arg.name, filled(arg.type, arg.name, { text, kept })]));
  yield ["in all strings", all(secret, "a text")];
  yield ["in 10 KB", all(secret.repeat(10_240 / secret.length), secret.repeat(10_240 / secret.length))];
  const needed = Object.fromEntries(
    args.filter(isRequiredArgument).map((arg) => [arg.name, filled(arg.type, arg.name, { text: secret, kept: "a" })]),
  );
  for (const arg of args) {
    for (const [path, value] of misfits(arg, arg.name, secret, misfitting))
      yield [path, { ...needed, [arg.name]: value }];
  }
}

function filled(type: GraphQLInputType, name: string, texts: { text: string; kept: string }): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [filled(nullable.ofType, name, texts)];
  if (isEnumType(nullable)) return new EnumName(nullable.getValues()[0]?.name ?? "");
  if (isInputObjectType(nullable))
    return Object.fromEntries(
      Object.values(nullable.getFields()).map((field) => [field.name, filled(field.type, field.name, texts)]),
    );
  if (isText(nullable.name)) return shown.has(name) ? texts.kept : texts.text;
  if (nullable.name === "JSON") return { text: texts.text };
  return plainValues[nullable.name] ?? texts.text;
}

/**
 * Returns values with the secret in one place that does not accept it, each with the path of that place.
 * @param done names and types that were already covered in another place
 */
function* misfits(
  { name, type }: { name: string; type: GraphQLInputType },
  path: string,
  secret: string,
  done: Set<string>,
): Generator<[path: string, value: unknown]> {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    for (const [at, value] of misfits({ name, type: nullable.ofType }, path, secret, done)) yield [at, [value]];
    return;
  }
  if (done.has(`${name}: ${String(nullable)}`)) return;
  done.add(`${name}: ${String(nullable)}`);
  if (isInputObjectType(nullable)) {
    const whole = filled(nullable, "", { text: secret, kept: "a text" }) as Record<string, unknown>;
    yield [`${path} is a string`, secret];
    yield [`${path} has an unknown field`, { ...whole, oneMore: secret }];
    for (const field of Object.values(nullable.getFields())) {
      const { [field.name]: _left, ...rest } = whole;
      if (isRequiredInputField(field)) yield [`${path} without ${field.name}`, rest];
      for (const [at, value] of misfits(field, `${path}.${field.name}`, secret, done))
        yield [at, { ...rest, [field.name]: value }];
    }
  } else if (isText(nullable.name)) {
    yield [`${path} is an object`, { text: secret }];
    yield [`${path} is a list`, [secret, secret]];
  } else {
    yield [`${path} is a string`, secret];
  }
}

function literal(value: unknown): string {
  if (value instanceof EnumName) return value.toString();
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (value !== null && typeof value === "object")
    return `{ ${Object.entries(value)
      .map(([name, each]) => `${name}: ${literal(each)}`)
      .join(", ")} }`;
  return JSON.stringify(value);
}

/** Returns everything that a type offers without arguments, two levels deep. */
function below(type: GraphQLOutputType, depth = 2): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return "";
  const fields = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some(isRequiredArgument)) return [];
    if (isLeafType(getNamedType(field.type))) return field.name;
    return depth > 1 ? `${field.name}${below(field.type, depth - 1)}` : [];
  });
  return ` { ${["__typename", ...fields].join(" ")} }`;
}
