import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from "graphql";

/** Returns whether an object of the type `typename` fits a type condition. */
export type FitsType = (typename: string, condition: string) => boolean;

/** Returns the check for the whole supergraph, including types that clients cannot see: plans name them. */
export function typesOf(schema: GraphQLSchema): FitsType {
  return (typename, condition) => {
    if (typename === condition) return true;
    const wanted = schema.getType(condition);
    if (!isAbstractType(wanted)) return false;
    const type = schema.getType(typename);
    return (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type);
  };
}
