import {
  type GraphQLOutputType,
  type GraphQLCompositeType,
  isCompositeType,
  isLeafType,
  isListType,
  isNonNullType,
} from "graphql";
import { forgetUnfetched, invalid, locate, type Write } from "./problems.ts";
import { leafWriter } from "./write-leaf.ts";

export interface Written {
  type: GraphQLOutputType;
  /** The name of the value in messages: `field Vm.name`. */
  called: string;
  /** Returns the writer of an object of the field's type, whatever lists contain it. */
  object(type: GraphQLCompositeType, called: string): Write;
}

/** Compiles a type into its writer, by GraphQL's rules for completing a value. */
export function valueWriter({ type, called, object }: Written): Write {
  if (isNonNullType(type)) {
    const inner = valueWriter({ type: type.ofType, called, object });
    return (value, problems) => {
      const before = problems.length;
      const text = inner(value, problems);
      if (text !== "null") return text;
      // A null whose reason is already recorded needs no second one.
      if (problems.length === before)
        problems.push({ message: `Cannot return null for non-nullable ${called}.`, upwards: [] });
      return undefined;
    };
  }
  if (isListType(type))
    return listWriter({ type: type.ofType, called: `array element of type ${type.ofType}`, object });
  if (isCompositeType(type)) return object(type, called);
  if (!isLeafType(type)) throw new Error(`A field cannot have the type ${String(type)}.`);
  const leaf = leafWriter(type);
  return (value, problems) => {
    if (value === null || value === undefined) return "null";
    return leaf(value) ?? invalid(value, called, problems);
  };
}

function listWriter(element: Written): Write {
  const write = valueWriter(element);
  return (value, problems) => {
    if (value === null || value === undefined) return "null";
    if (!Array.isArray(value)) return invalid(value, element.called, problems);
    let json = "[";
    const begun = problems.length;
    let lost: Set<number> | undefined;
    for (let index = 0; index < value.length; index += 1) {
      const before = problems.length;
      const text = write(value[index], problems);
      if (problems.length !== before) locate(problems, before, index);
      if (text === undefined) (lost ??= new Set()).add(index);
      else json += index === 0 ? text : `,${text}`;
    }
    if (!lost) return `${json}]`;
    const causes: ReadonlySet<unknown> = lost;
    forgetUnfetched(problems, begun, (cause) => causes.has(cause));
    return "null";
  };
}
