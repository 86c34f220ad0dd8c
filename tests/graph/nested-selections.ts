import {
  getNamedType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from "graphql";

/** A field of the root that leads to objects of one type and selects each of their fields. `COUNT` is the number of objects in its list. */
export interface NestedSelection {
  type: string;
  field: string;
}

/** Required arguments of nested fields, by their names. */
const requiredArguments: Readonly<Record<string, string>> = {
  from: '"2026-01-01T00:00:00Z"',
  to: '"2026-01-02T00:00:00Z"',
};

/** An interface has fields, too: those of all types behind it. */
type WithFields = GraphQLInterfaceType | GraphQLObjectType;

const isConnection = (type: WithFields): boolean => type.name.endsWith("Connection");
const fieldsOf = (type: WithFields) => Object.values(type.getFields());
const objectTypeOf = (field: GraphQLField<unknown, unknown>): WithFields => {
  const type = getNamedType(field.type);
  if (!isObjectType(type) && !isInterfaceType(type))
    throw new Error(`${field.name} returns ${type.name}, which is not an object type.`);
  return type;
};

/**
 * Returns one field for each object type that a list of the graph leads to: the list at the root, the shortest way down to the type, and every field
 * of it, each with its own leaves. A field that is added later is included.
 * @throws Error for a required argument without a value here
 */
export function nestedSelections(schema: GraphQLSchema): NestedSelection[] {
  const found = new Map<string, string>();
  const queue: { type: WithFields; around: (selection: string) => string }[] = [];
  const visit = (field: GraphQLField<unknown, unknown>, around: (selection: string) => string, first: string) => {
    if (isAbstractType(getNamedType(field.type)) || isLeafType(getNamedType(field.type))) return;
    const returned = objectTypeOf(field);
    const { nodes } = returned.getFields();
    const type = isConnection(returned) && nodes ? objectTypeOf(nodes) : returned;
    if (found.has(type.name)) return;
    found.set(type.name, "");
    queue.push({ type, around: (selection) => around(nested(field, selection, first)) });
  };
  for (const field of fieldsOf(schema.getQueryType() as GraphQLObjectType)) {
    if (isListOfObjects(field)) visit(field, (selection) => selection, "COUNT");
  }
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { type, around } = next;
    found.set(
      type.name,
      around(
        fieldsOf(type)
          .map((field) => withLeaves(field))
          .join(" "),
      ),
    );
    for (const field of fieldsOf(type)) visit(field, around, "2");
  }
  return [...found].map(([type, field]) => ({ type, field }));
}

const isListOfObjects = (field: GraphQLField<unknown, unknown>): boolean => {
  const type = getNamedType(field.type);
  return isObjectType(type) && isConnection(type) && field.args.every((argument) => !isRequiredArgument(argument));
};

/** Returns a field with a selection under it, in a page of `first` if it has pages. */
function nested(field: GraphQLField<unknown, unknown>, selection: string, first: string): string {
  const isPage = isConnection(objectTypeOf(field));
  return `${called(field, isPage ? [`first: ${first}`] : [])} { ${isPage ? `nodes { ${selection} }` : selection} }`;
}

function called(field: GraphQLField<unknown, unknown>, given: string[] = []): string {
  const required = field.args
    .filter((argument) => isRequiredArgument(argument))
    .map(({ name }) => {
      const value = requiredArguments[name];
      if (!value) throw new Error(`Field ${field.name} needs ${name}, which has no value here.`);
      return `${name}: ${value}`;
    });
  const args = [...given, ...required].join(", ");
  return args ? `${field.name}(${args})` : field.name;
}

/** Returns a field with the leaves of its type; for a connection, those of its nodes and its total count. */
function withLeaves(field: GraphQLField<unknown, unknown>): string {
  const named = getNamedType(field.type);
  if (isLeafType(named)) return called(field);
  if (!isObjectType(named)) return `${called(field)} { __typename }`;
  if (!isConnection(named)) return `${called(field)} { ${leavesOf(named)} }`;
  const { nodes } = named.getFields();
  return `${called(field, ["first: 2"])} { totalCount nodes { ${nodes ? leavesOf(objectTypeOf(nodes)) : "__typename"} } }`;
}

const leavesOf = (type: WithFields): string =>
  fieldsOf(type)
    .filter((field) => isLeafType(getNamedType(field.type)))
    .map((field) => called(field))
    .join(" ") || "__typename";
