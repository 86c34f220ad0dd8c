import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from "graphql";

/** Whether an object of the type `typename` fits a type condition. */
export type FitsType = (typename: string, condition: string) => boolean;

/** Over the whole supergraph, types that clients cannot see included: plans name them. */
export function typesOf(schema: GraphQLSchema): FitsType {
  return (typename, condition) => {
    if (typename === condition) return true;
    const wanted = schema.getType(condition);
    if (!isAbstractType(wanted)) return false;
    const type = schema.getType(typename);
    return (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type);
  };
}
