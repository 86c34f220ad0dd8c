import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  print,
  parse,
} from "graphql";

export interface GeneratedOperation {
  query: string;
  variables: Record<string, unknown>;
}

export interface Generation {
  schema: GraphQLSchema;
  /** Returns a value for an argument, as GraphQL text, where a generated value would find nothing. */
  argument?(coordinate: string, choose: (count: number) => number): string | undefined;
  /** Fields whose value differs at each call. */
  without?: ReadonlySet<string>;
  mutations?: boolean;
  /** Gives some fields an alias that is the name of another field of their type. */
  misnamed?: boolean;
}

const booleans = ["b0", "b1", "b2"];

/**
 * Writes an operation that is valid in the schema from a tape of numbers. Each choice takes the next number, and 0 after the last one, which means the
 * simplest choice. A shorter tape gives a smaller document, so a failing one shrinks.
 */
export function operationFrom(tape: readonly number[], generation: Generation): GeneratedOperation {
  const { schema } = generation;
  let at = 0;
  let selections = 0;
  let reuses = 0;
  const choose = (count: number): number => (count < 2 ? 0 : (tape[at++] ?? 0) % count);
  const oneIn = (count: number): boolean => choose(count) === count - 1;
  const fragments = new Map<string, { type: GraphQLCompositeType; text: string }>();
  const given = new Map<string, string>();
  const used = new Set<string>();
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};

  const literal = (type: GraphQLInputType, depth = 0): string => {
    if (isNonNullType(type)) return literal(type.ofType, depth);
    if (isListType(type))
      return `[${Array.from({ length: choose(3) }, () => literal(type.ofType, depth + 1)).join(", ")}]`;
    if (isEnumType(type)) return type.getValues()[choose(type.getValues().length)]?.name ?? "";
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isRequiredInputField(field) || (depth < 2 && oneIn(4)),
      );
      return `{ ${fields.map((field) => `${field.name}: ${literal(field.type, depth + 1)}`).join(", ")} }`;
    }
    if (type.name === "Int") return String(1 + choose(3));
    if (type.name === "Float") return `${choose(3)}.5`;
    if (type.name === "Boolean") return oneIn(2) ? "true" : "false";
    return JSON.stringify(`text ${choose(3)}`);
  };

  const argumentsOf = (coordinate: string, args: readonly GraphQLArgument[]): string => {
    const known = given.get(coordinate);
    if (known !== undefined) return known;
    const texts = args
      .filter((arg) => isRequiredArgument(arg) || oneIn(3))
      .map((arg) => {
        const text = generation.argument?.(`${coordinate}(${arg.name}:)`, choose);
        if (text === undefined && String(arg.type).startsWith("Int") && oneIn(2)) {
          const name = `v${declared.length}`;
          declared.push(`$${name}: ${arg.type}`);
          variables[name] = 1 + choose(3);
          return `${arg.name}: $${name}`;
        }
        return `${arg.name}: ${text ?? literal(arg.type)}`;
      });
    const text = texts.length > 0 ? `(${texts.join(", ")})` : "";
    given.set(coordinate, text);
    return text;
  };

  const condition = (): string => {
    if (!oneIn(5)) return "";
    const name = oneIn(2) ? "skip" : "include";
    if (oneIn(4)) return ` @${name}(if: ${oneIn(2)})`;
    const variable = booleans[choose(booleans.length)] ?? "b0";
    used.add(variable);
    return ` @${name}(if: $${variable})`;
  };

  const overlapping = (type: GraphQLCompositeType): GraphQLCompositeType => {
    const own = new Set(isAbstractType(type) ? schema.getPossibleTypes(type) : [type]);
    const candidates = Object.values(schema.getTypeMap()).filter(
      (candidate): candidate is GraphQLCompositeType =>
        isCompositeType(candidate) &&
        !candidate.name.startsWith("__") &&
        (isAbstractType(candidate) ? schema.getPossibleTypes(candidate) : [candidate]).some((possible) =>
          own.has(possible),
        ),
    );
    return candidates[choose(candidates.length)] ?? type;
  };

  const fieldOf = (type: GraphQLCompositeType, depth: number): string => {
    if (isUnionType(type) || oneIn(12)) return oneIn(4) ? `t${choose(2)}: __typename` : "__typename";
    const all = Object.values(type.getFields()).filter(
      ({ name, type: of }) =>
        !generation.without?.has(`${type.name}.${name}`) && (depth > 0 || !isCompositeType(getNamedType(of))),
    );
    const field = all[choose(all.length)];
    if (!field) return "__typename";
    const other = generation.misnamed && oneIn(8) ? all[choose(all.length)]?.name : undefined;
    const alias = other ? `${other}: ` : oneIn(6) ? `${["x", "constructor", "y"][choose(3)]}_${field.name}: ` : "";
    const args = argumentsOf(`${type.name}.${field.name}`, field.args);
    const named = getNamedType(field.type);
    return `${alias}${field.name}${args}${condition()}${isCompositeType(named) ? setOf(named, depth - 1) : ""}`;
  };

  const fragmentOf = (type: GraphQLCompositeType, depth: number): string => {
    const on = overlapping(type);
    if (oneIn(3)) {
      const reusable = [...fragments].filter(([, fragment]) => fragment.type === on);
      const reused = reusable[choose(reusable.length + 1)];
      // Fragments in fragments multiply in size, and with them the planner's work.
      if (reused && (reuses += 1) < 4) return `...${reused[0]}${condition()}`;
      const text = setOf(on, depth);
      const name = `F${fragments.size}`;
      fragments.set(name, { type: on, text });
      return `...${name}${condition()}`;
    }
    if (oneIn(5)) return `...${condition()}${setOf(type, depth)}`;
    return `... on ${on.name}${condition()}${setOf(on, depth)}`;
  };

  const setOf = (type: GraphQLCompositeType, depth: number): string => {
    const texts: string[] = [];
    const count = isObjectType(type) ? 1 + choose(4) : 1 + choose(5);
    for (let index = 0; index < count && selections < 40; index += 1) {
      selections += 1;
      const fragment = depth > 0 && (isAbstractType(type) ? oneIn(2) : oneIn(6));
      texts.push(fragment ? fragmentOf(type, depth) : fieldOf(type, depth));
    }
    return ` { ${texts.length > 0 ? texts.join(" ") : "__typename"} }`;
  };

  const mutation = generation.mutations === true && schema.getMutationType() != null && oneIn(5);
  const root = mutation ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error("The schema has no root type.");
  const body = setOf(root, 5);
  for (const name of used) {
    // One of them is nullable with a default, and sometimes not sent.
    const byDefault = name === "b2";
    declared.push(byDefault ? `$${name}: Boolean = true` : `$${name}: Boolean!`);
    if (!byDefault || oneIn(2)) variables[name] = oneIn(2);
  }
  const head = `${mutation ? "mutation" : "query"} Generated${declared.length > 0 ? `(${declared.join(", ")})` : ""}`;
  const definitions = [...fragments].map(([name, { type, text }]) => `fragment ${name} on ${type.name}${text}`);
  return { query: print(parse([`${head}${body}`, ...definitions].join("\n"))), variables };
}
