/** The schemas of subgraphs, by name, as drawn from a tape of numbers. Not all of them compose. */
export type Schemas = Record<string, string>;

interface Field {
  /** The type as the schema states it, without directives. */
  type: string;
  args: string;
}

interface DrawnType {
  name: string;
  kind: "entity" | "value" | "interface" | "union";
  /** For interfaces and unions: their object types. */
  members: string[];
  /** For interfaces and entities: the interfaces that they implement. */
  implemented: string[];
  /** For an interface: whether it is an entity, which other subgraphs may define as an object. */
  isEntity: boolean;
  keys: string[];
}

/** A type as one subgraph defines it. */
interface Local {
  type: DrawnType;
  as: "type" | "interface" | "interfaceObject" | "union";
  keys: { fields: string; resolvable: boolean }[];
  fields: Map<string, Field & { directives: string }>;
  members: string[];
}

const scalars = ["Int", "String", "Float", "Boolean", "ID", "Kind"];
/** Few names, so that fields of different types share them. */
const names = ["n", "s", "t", "u", "v", "w"];
const argumentLists = ["", "", "", "(l: Int)", '(l: String = "d", m: Boolean)'];

/**
 * Draws a supergraph: entities with one key or two; values; interfaces of interfaces, some of which are entities that other subgraphs define as objects;
 * unions; fields with arguments; `@requires` and `@shareable`; keys by which a subgraph finds no entity.
 */
export function supergraphFrom(tape: readonly number[]): Schemas {
  let at = 0;
  const choose = (count: number): number => (count < 2 ? 0 : (tape[at++] ?? 0) % count);
  const oneIn = (count: number): boolean => choose(count) === count - 1;
  const oneOf = <Value>(values: readonly Value[]): Value | undefined => values[choose(values.length)];

  const graphs = ["a", "b", "c"].slice(0, 2 + choose(2));
  const types = new Map<string, DrawnType>();
  const locals = new Map<string, Map<string, Local>>(graphs.map((graph) => [graph, new Map<string, Local>()]));
  const localsOf = (graph: string) => locals.get(graph) ?? new Map<string, Local>();
  const everywhere = (name: string) => graphs.flatMap((graph) => localsOf(graph).get(name) ?? []);

  const draw = (name: string, kind: DrawnType["kind"], more: Partial<DrawnType> = {}): DrawnType => {
    const type: DrawnType = {
      name,
      kind,
      members: [],
      implemented: [],
      isEntity: kind === "entity",
      keys: [],
      ...more,
    };
    types.set(name, type);
    return type;
  };
  const put = (graph: string, type: DrawnType, as: Local["as"]): Local => {
    const there = localsOf(graph).get(type.name);
    if (there) return there;
    const local: Local = { type, as, keys: [], fields: new Map(), members: [] };
    localsOf(graph).set(type.name, local);
    if (as === "type" && type.kind === "entity") {
      const own = type.keys.filter((_, index) => index === 0 || oneIn(2));
      // Sometimes the subgraph has only the other key.
      const kept = own.length > 1 && oneIn(3) ? own.slice(1) : own;
      local.keys = kept.map((fields) => ({ fields, resolvable: !oneIn(4) }));
      for (const key of kept)
        for (const name of key.split(" ")) local.fields.set(name, { ...keyField(name), directives: "" });
    }
    return local;
  };
  const keyField = (name: string): Field => ({
    type: name === "code" ? "String!" : name === "nr" ? "Int!" : "ID!",
    args: "",
  });

  // The types.
  const entities = Array.from({ length: 2 + choose(3) }, (_, index) =>
    draw(`E${index}`, "entity", { keys: ["id", ...(oneIn(3) ? [oneOf(["code", "nr", "id code"]) ?? "code"] : [])] }),
  );
  const values = Array.from({ length: choose(3) }, (_, index) => draw(`V${index}`, "value"));
  /** The places where a subgraph defines interfaces as objects, and so does not know their object types. */
  const closed = new Set<string>();
  const interfaceCount = choose(4);
  for (let index = 0; index < interfaceCount; index += 1) {
    const home = oneOf(graphs) ?? "a";
    const members = entities.filter(() => !oneIn(2));
    if (members.length === 0) continue;
    const isFree = members.every(({ name }) => !closed.has(`${home} ${name}`));
    if (!isFree) continue;
    const type = draw(`I${index}`, "interface", { members: members.map(({ name }) => name), isEntity: oneIn(2) });
    const local = put(home, type, "interface");
    for (const member of members) {
      const own = put(home, member, "type");
      own.fields.set("id", { ...keyField("id"), directives: "" });
      // A subgraph that finds an interface by a key finds each of its objects by that key.
      if (type.isEntity)
        own.keys = [{ fields: "id", resolvable: true }, ...own.keys.filter(({ fields }) => fields !== "id")];
    }
    local.fields.set("id", { type: "ID!", args: "", directives: "" });
    if (type.isEntity) local.keys.push({ fields: "id", resolvable: true });
    for (const [name, upper] of types) {
      const above = localsOf(home).get(name);
      if (upper.kind !== "interface" || upper === type || above?.as !== "interface") continue;
      if (type.members.every((member) => upper.members.includes(member)) && !oneIn(3)) type.implemented.push(name);
    }
    for (const graph of graphs) {
      if (graph === home || !type.isEntity || oneIn(3)) continue;
      if (type.members.some((member) => localsOf(graph).has(member))) continue;
      const object = put(graph, type, "interfaceObject");
      object.keys.push({ fields: "id", resolvable: !oneIn(4) });
      object.fields.set("id", { type: "ID!", args: "", directives: "" });
      for (const member of type.members) closed.add(`${graph} ${member}`);
    }
  }
  for (const entity of entities) {
    const open = graphs.filter((graph) => !closed.has(`${graph} ${entity.name}`));
    if (everywhere(entity.name).length === 0) put(oneOf(open) ?? "a", entity, "type");
    for (const graph of open) if (oneIn(2)) put(graph, entity, "type");
  }
  for (const type of types.values()) {
    if (type.kind !== "interface" || type.isEntity) continue;
    for (const graph of graphs)
      if (!localsOf(graph).has(type.name) && type.members.some((member) => localsOf(graph).has(member)) && oneIn(3))
        put(graph, type, "interface").fields.set("id", { type: "ID!", args: "", directives: "" });
  }
  // A subgraph may also define an interface above the one that it defines as an object.
  for (const graph of graphs)
    for (const local of localsOf(graph).values()) {
      if (local.as !== "interfaceObject") continue;
      for (const name of local.type.implemented) {
        const upper = types.get(name);
        if (!upper || localsOf(graph).has(name) || upper.isEntity || oneIn(2)) continue;
        put(graph, upper, "interface").fields.set("id", { type: "ID!", args: "", directives: "" });
      }
    }
  for (const value of values) {
    const fields = names
      .slice(0, 1 + choose(3))
      .map((name) => [name, `${oneOf(scalars) ?? "Int"}${oneIn(3) ? "!" : ""}`] as const);
    for (const graph of graphs) {
      if (oneIn(3)) continue;
      const local = put(graph, value, "type");
      for (const [name, type] of fields) local.fields.set(name, { type, args: "", directives: " @shareable" });
    }
  }
  for (const graph of graphs) {
    for (const index of [0, 1]) {
      const objects = [...localsOf(graph).values()].filter(({ as, type }) => as === "type" && type.kind !== "union");
      if (objects.length < 2 || !oneIn(3)) continue;
      const members = objects.filter(() => !oneIn(3)).map(({ type }) => type.name);
      if (members.length === 0) continue;
      const type = types.get(`U${index}`) ?? draw(`U${index}`, "union");
      put(graph, type, "union").members.push(...members);
    }
  }

  // The fields of the types.
  const wrapped = (type: string): string => {
    const inner = oneIn(4) ? `${type}!` : type;
    return [inner, inner, `[${inner}]`, oneIn(2) ? `[${inner}]!` : `[[${inner}]]`][choose(4)] ?? inner;
  };
  const drawField = (graph: string): Field => {
    const composite = [...localsOf(graph).keys()];
    const type = composite.length > 0 && oneIn(2) ? (oneOf(composite) ?? "Int") : (oneOf(scalars) ?? "Int");
    return { type: wrapped(type), args: oneOf(argumentLists) ?? "" };
  };
  /** Returns the types that have a field if this one has it. */
  const having = ({ name, members, kind }: DrawnType): string[] =>
    kind === "interface"
      ? [name, ...members]
      : [
          name,
          ...[...types.values()]
            .filter((each) => each.kind === "interface" && each.members.includes(name))
            .map((each) => each.name),
        ];
  const isTaken = (type: DrawnType, name: string): boolean =>
    having(type).some((each) => everywhere(each).some(({ fields }) => fields.has(name)));

  for (const graph of graphs) {
    // Fields of interfaces come first: each of their objects has them.
    for (const local of localsOf(graph).values()) {
      if (local.as !== "interface" || !local.type.members.every((member) => localsOf(graph).has(member))) continue;
      const count = choose(3);
      for (let index = 0; index < count; index += 1) {
        const name = oneOf(names) ?? "n";
        if (
          local.type.members.some((member) => isTaken(types.get(member) ?? local.type, name)) ||
          isTaken(local.type, name)
        )
          continue;
        const field = drawField(graph);
        local.fields.set(name, { ...field, directives: "" });
        for (const member of local.type.members) {
          const stricter = oneIn(4) && !field.type.endsWith("!") ? `${field.type}!` : field.type;
          localsOf(graph)
            .get(member)
            ?.fields.set(name, { ...field, type: stricter, directives: "" });
        }
        for (const below of localsOf(graph).values())
          if (below.type.implemented.includes(local.type.name)) below.fields.set(name, { ...field, directives: "" });
      }
    }
    for (const local of localsOf(graph).values()) {
      if (local.type.kind === "value" || local.as === "union" || local.as === "interface") continue;
      if (local.keys.every(({ resolvable }) => !resolvable)) continue;
      const count = choose(4);
      for (let index = 0; index < count; index += 1) {
        const name = oneOf(names) ?? "n";
        if (isTaken(local.type, name)) continue;
        local.fields.set(name, { ...drawField(graph), directives: "" });
      }
    }
  }
  // Fields that several subgraphs have, require or provide.
  const isPlain = ({ type, args, directives }: Field & { directives: string }) =>
    args === "" && directives === "" && scalars.some((scalar) => type === scalar || type === `${scalar}!`);
  const isKey = ({ keys }: DrawnType, name: string) =>
    name === "id" || keys.some((key) => key.split(" ").includes(name));
  for (const graph of graphs) {
    for (const local of localsOf(graph).values()) {
      const { type } = local;
      const owners = graphs.filter((other) => other !== graph).flatMap((other) => localsOf(other).get(type.name) ?? []);
      const foreign = owners.flatMap((owner) =>
        [...owner.fields].flatMap(([name, field]) =>
          isPlain(field) && !isKey(type, name) && !local.fields.has(name) ? [{ name, field }] : [],
        ),
      );
      const drawn = oneOf(foreign);
      if (!drawn || !local.keys.some(({ resolvable }) => resolvable)) continue;
      const { name, field } = drawn;
      const requiring = `r${graph}`;
      const use = ["requires", "shareable", "none"][choose(3)];
      if (use === "requires") {
        local.fields.set(name, { ...field, directives: " @external" });
        local.fields.set(requiring, { type: "String", args: "", directives: ` @requires(fields: "${name}")` });
      } else if (use === "shareable" && local.as === "type") {
        field.directives = " @shareable";
        local.fields.set(name, { ...field, directives: " @shareable" });
      }
    }
  }
  const texts: Schemas = {};
  for (const graph of graphs) {
    const roots = Array.from({ length: 1 + choose(3) }, (_, index) => {
      const composite = [...localsOf(graph).keys()];
      const type = wrapped(oneOf(composite) ?? "Int");
      return `${graph}${index}${oneIn(4) ? "(first: Int)" : ""}: ${type}`;
    });
    const definitions = [...localsOf(graph).values()].map((local) => definitionOf(local, localsOf(graph)));
    texts[graph] = [`type Query { ${roots.join("  ")} }`, "enum Kind { A B C }", ...definitions].join("\n");
  }
  return texts;
}

function definitionOf({ type, as, keys, fields, members }: Local, there: ReadonlyMap<string, Local>): string {
  if (as === "union") return `union ${type.name} = ${members.join(" | ")}`;
  const interfaces = [...there.values()]
    .filter((each) => each.as === "interface" && each.type !== type)
    .filter((each) => each.type.members.includes(type.name) || type.implemented.includes(each.type.name))
    .map((each) => each.type.name);
  const implementing = interfaces.length > 0 ? ` implements ${interfaces.join(" & ")}` : "";
  const keyed = keys
    .map(({ fields: text, resolvable }) => ` @key(fields: "${text}"${resolvable ? "" : ", resolvable: false"})`)
    .join("");
  const held = [...fields].map(([name, field]) => `${name}${field.args}: ${field.type}${field.directives}`);
  const head = `${as === "interface" ? "interface" : "type"} ${type.name}${implementing}`;
  return `${head}${as === "interfaceObject" ? " @interfaceObject" : ""}${keyed} { ${held.join("  ")} }`;
}
