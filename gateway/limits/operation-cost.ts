import {
  type FieldNode,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLOutputType,
  Kind,
  type SelectionSetNode,
} from "graphql";
import type { Variables } from "#lib/graphql/variables.ts";
import { keyOf, type Operation } from "../operation.ts";
import type { CostRules, ListSize } from "./cost-rules.ts";

/** The cost of an operation: an object costs 1, a scalar nothing, a list as much as its entries, unless `@cost` and `@listSize` state otherwise. */
export interface OperationCost {
  /** Returns the cost before execution, based on the sizes that lists may have. */
  estimate(variables: Variables): number;
  /** Returns the cost after execution, based on the `data` of the response. */
  actual(data: unknown): number;
}

/** The size of a list without a stated size. */
const assumedSize = 10;
/** Added to the weight that a mutation itself states. */
const mutationWeight = 10;

/** A compiled field. */
interface CostedField {
  key: string;
  /** The weight of each of its objects. */
  weight: number;
  isList: boolean;
  size(variables: Variables, ofParent: ReadonlyMap<string, number>): number;
  /** The sizes of lists below, where this field states them. */
  sizesBelow(variables: Variables): ReadonlyMap<string, number>;
  below: readonly CostedField[];
}

const noSizes: ReadonlyMap<string, number> = new Map();

export function operationCost(schema: GraphQLSchema, rules: CostRules, operation: Operation): OperationCost {
  const root = schema.getRootType(operation.definition.operation);
  const fields = root ? costedFields({ schema, rules, operation }, root, operation.definition.selectionSet) : [];
  return {
    estimate: (variables) => fields.reduce((sum, field) => sum + estimated(field, variables, noSizes), 0),
    actual: (data) => fields.reduce((sum, field) => sum + counted(field, data), 0),
  };
}

function estimated(field: CostedField, variables: Variables, ofParent: ReadonlyMap<string, number>): number {
  const { weight, below } = field;
  const sizes = below.length > 0 ? field.sizesBelow(variables) : noSizes;
  const each = below.reduce((sum, one) => sum + estimated(one, variables, sizes), weight);
  return field.isList ? each * field.size(variables, ofParent) : each;
}

function counted({ key, weight, below }: CostedField, parent: unknown): number {
  const value = (parent as Record<string, unknown> | null | undefined)?.[key];
  const objects = (Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]) as unknown[];
  return objects.reduce<number>(
    (sum, object) =>
      object === null || object === undefined
        ? sum
        : below.reduce((inner, field) => inner + counted(field, object), sum + weight),
    0,
  );
}

interface Costing {
  schema: GraphQLSchema;
  rules: CostRules;
  operation: Operation;
}

/** Each selection of a fragment counts, whatever its type condition: the type of an object is not known here. */
function costedFields(costing: Costing, type: GraphQLCompositeType, set: SelectionSetNode): CostedField[] {
  const { schema, operation } = costing;
  return set.selections.flatMap((selection): CostedField[] => {
    if (selection.kind === Kind.FIELD) return costedField(costing, type, selection);
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? operation.fragments.get(selection.name.value) : selection;
    const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value);
    return fragment ? costedFields(costing, isCompositeType(condition) ? condition : type, fragment.selectionSet) : [];
  });
}

function costedField(costing: Costing, parent: GraphQLCompositeType, node: FieldNode): CostedField[] {
  const { rules, operation, schema } = costing;
  const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
  // The gateway itself answers introspection.
  if (!definition) return [];
  const coordinate = `${parent.name}.${node.name.value}`;
  const returned = getNamedType(definition.type);
  const byArguments = (node.arguments ?? []).reduce(
    (sum, { name }) => sum + (rules.weightOf(`${coordinate}(${name.value}:)`) ?? 0),
    0,
  );
  const own = rules.weightOf(coordinate) ?? rules.weightOf(returned.name) ?? (isCompositeType(returned) ? 1 : 0);
  const ofMutation = parent === schema.getMutationType() ? mutationWeight : 0;
  const listSize = rules.sizeOf(coordinate);
  const declaredSize = listSize ? sizeReader(listSize, node, operation) : undefined;
  const key = node.name.value;
  return [
    {
      key: keyOf(node),
      weight: own + byArguments + ofMutation,
      isList: isList(definition.type),
      size: (variables, ofParent) =>
        (listSize?.sizedFields.length === 0 ? declaredSize?.(variables) : undefined) ??
        ofParent.get(key) ??
        assumedSize,
      sizesBelow: (variables) => {
        if (!listSize || !declaredSize || listSize.sizedFields.length === 0) return noSizes;
        const size = declaredSize(variables);
        return new Map(listSize.sizedFields.map((field) => [field, size]));
      },
      below: node.selectionSet && isCompositeType(returned) ? costedFields(costing, returned, node.selectionSet) : [],
    },
  ];
}

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type);

function sizeReader(listSize: ListSize, { arguments: given = [] }: FieldNode, { definition }: Operation) {
  const defaults = new Map(
    definition.variableDefinitions?.map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue?.kind === Kind.INT ? Number(defaultValue.value) : undefined,
    ]),
  );
  const readers = given
    .filter(({ name }) => listSize.slicingArguments.includes(name.value))
    .map(({ value }) => (variables: Variables): number => {
      if (value.kind === Kind.INT) return Number(value.value);
      if (value.kind !== Kind.VARIABLE) return 0;
      const { value: name } = value.name;
      const number = Object.hasOwn(variables, name) ? variables[name] : defaults.get(name);
      return typeof number === "number" && number > 0 ? number : 0;
    });
  return (variables: Variables): number =>
    Math.max(0, ...readers.map((read) => read(variables))) || (listSize.assumedSize ?? assumedSize);
}
