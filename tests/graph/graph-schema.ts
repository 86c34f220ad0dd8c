import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from "graphql";
import type { TestProduct } from "#tests/harness/product.ts";
import type { Kind } from "./kinds.ts";
import type { Fleet } from "./rows.ts";

/** Returns the schema as a client sees it. Tests that are generated from it cover a list that is added later. */
export async function graphSchema(product: TestProduct): Promise<GraphQLSchema> {
  const { data } = await product.ask(getIntrospectionQuery());
  return buildClientSchema(data as IntrospectionQuery);
}

export interface ConnectionField {
  /** `Query.vms`, `Vm.snapshots`. */
  name: string;
  field: string;
  /** GraphQL type of each field of its filter. */
  filters: Readonly<Record<string, string>>;
  /** Type of the objects in the list. */
  node: string;
  /** Type of the objects whose ids each filter by ids takes. */
  references: Readonly<Record<string, string>>;
  orderType: string;
  orders: readonly string[];
  /** Returns an operation with selections of this field under an object that exists. */
  under(selections: string): string;
}

/** Returns every connection of the graph, at the root and under every object. */
export function connectionFields(schema: GraphQLSchema, fleet: Fleet): ConnectionField[] {
  const query = schema.getQueryType();
  if (!query) throw new Error("The schema has no queries.");
  const found: ConnectionField[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      if (!getNamedType(field.type).name.endsWith("Connection")) continue;
      found.push({
        name: `${type.name}.${field.name}`,
        field: field.name,
        ...argumentsOf(schema, field),
        ...referencesOf(field),
        under: type === query ? (selections) => `{ ${selections} }` : underParent(schema, type.name, fleet),
      });
    }
  }
  return found;
}

function argumentsOf(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>) {
  const inputOf = (argument: string) => {
    const type = getNamedType(field.args.find(({ name }) => name === argument)?.type);
    return isInputObjectType(type) ? type : undefined;
  };
  const orderType = inputOf("orderBy");
  const orderEnum = getNamedType(orderType?.getFields()["field"]?.type)?.name ?? "";
  const orders = schema.getType(orderEnum);
  return {
    filters: Object.fromEntries(
      Object.entries(inputOf("filter")?.getFields() ?? {}).map(([name, { type }]) => [name, String(type)]),
    ),
    orderType: orderType?.name ?? "",
    orders: orders && "getValues" in orders ? orders.getValues().map(({ name }) => name) : [],
  };
}

/**
 * A filter by ids has the name of a field of the listed objects, `owner`, or of the last part of several: `provider` is a `sourceProvider` or a
 * `destinationProvider`. Otherwise it is a field of what they lead to: the node of a transition is that of its VM.
 */
function referencesOf(field: GraphQLField<unknown, unknown>): Pick<ConnectionField, "node" | "references"> {
  const connection = getNamedType(field.type);
  const node = isObjectType(connection) ? getNamedType(connection.getFields()["nodes"]?.type) : undefined;
  if (!isObjectType(node) && !isInterfaceType(node)) throw new Error(`${field.name} is not a list of objects.`);
  const filter = getNamedType(field.args.find(({ name }) => name === "filter")?.type);
  const byIds = isInputObjectType(filter)
    ? Object.values(filter.getFields()).filter(({ type }) => String(type) === "[ID!]")
    : [];
  const typeOf = (name: string): string => {
    if (name === "id") return node.name;
    const fields = Object.values(node.getFields());
    const ending = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    const referring =
      fields.find((each) => each.name === name) ??
      fields.find((each) => each.name.endsWith(ending)) ??
      fieldsBehind(node).find((each) => each.name === name);
    if (!referring) throw new Error(`${node.name} has no field for the filter ${name}.`);
    const type = getNamedType(referring.type).name;
    // An operation may work on an object of any type.
    return type === "OperationSubject" ? "Vm" : type;
  };
  return { node: node.name, references: Object.fromEntries(byIds.map(({ name }) => [name, typeOf(name)])) };
}

/** Returns the fields of the objects that a type's fields lead to. */
const fieldsBehind = (type: GraphQLInterfaceType | GraphQLObjectType): GraphQLField<unknown, unknown>[] =>
  Object.values(type.getFields())
    .map((field) => getNamedType(field.type))
    .filter((target) => isObjectType(target))
    .flatMap((target) => Object.values(target.getFields()));

/** Returns a function that wraps selections of a type in an operation on an object that exists: `{ vm(id: …) { … } }`. */
export function underParent(schema: GraphQLSchema, type: string, fleet: Fleet): (selections: string) => string {
  if (type === schema.getQueryType()?.name) return (selections) => `{ ${selections} }`;
  const byId = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
    ({ args }) => args.length === 1 && args[0]?.name === "id",
  );
  const root = byId.find(({ type: returned }) => String(returned) === type);
  if (root) return (selections) => `{ ${root.name}(id: "${fleet.id(root.name as Kind)}") { ${selections} } }`;
  // A part of an object that a root field returns, such as `clusterNode(id: …) { platform { … } }`.
  for (const { name, type: returned } of byId) {
    const whole = getNamedType(returned);
    const part = isObjectType(whole)
      ? Object.values(whole.getFields()).find((field) => String(field.type) === type && field.args.length === 0)
      : undefined;
    if (part) return (selections) => `{ ${name}(id: "${fleet.id(name as Kind)}") { ${part.name} { ${selections} } } }`;
  }
  // An object without a look-up: the first of a list.
  const list = Object.values(schema.getQueryType()?.getFields() ?? {}).find(
    ({ type: returned }) => getNamedType(returned).name === `${type}Connection`,
  );
  if (list) return (selections) => `{ ${list.name}(first: 1) { nodes { ${selections} } } }`;
  // The steps of a migration are in no list of the root.
  const parents = byId.flatMap(({ name, type: returned }) => {
    const parent = getNamedType(returned);
    const field = isObjectType(parent)
      ? Object.values(parent.getFields()).find((each) => getNamedType(each.type).name === `${type}Connection`)
      : undefined;
    return field ? [{ name, field: field.name }] : [];
  });
  const [parent] = parents;
  if (parent)
    return (selections) =>
      `{ ${parent.name}(id: "${fleet.id(parent.name as Kind)}") { ${parent.field}(first: 1) { nodes { ${selections} } } } }`;
  throw new Error(`${type} has lists, but no root field leads to it.`);
}

/** Returns the object in a response that has a field of this name, at any depth. @throws Error where there is none */
export function holderOf(data: unknown, name: string): Record<string, unknown> {
  const found = foundHolder(data, name);
  if (!found) throw new Error(`Nothing in the response has a field ${name}: ${JSON.stringify(data)?.slice(0, 300)}`);
  return found;
}

/** The same; undefined where there is none. */
export function foundHolder(data: unknown, name: string): Record<string, unknown> | undefined {
  if (data === null || typeof data !== "object") return undefined;
  if (name in data) return data as Record<string, unknown>;
  return Object.values(data)
    .map((value) => foundHolder(value, name))
    .find((found) => found !== undefined);
}
