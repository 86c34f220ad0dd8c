type GraphQLName<Value extends string> =
  Uppercase<Value> extends `${infer A}-${infer B}` ? `${A}_${B}` : Uppercase<Value>;

/** Returns the values of a database enum by their names in GraphQL: `hyper-v` is `HYPER_V`. Only this function maps between the two. */
export function enumValues<const Value extends string>(
  values: readonly Value[],
): { [V in Value as GraphQLName<V>]: V } {
  return Object.fromEntries(values.map((value) => [value.toUpperCase().replaceAll("-", "_"), value])) as {
    [V in Value as GraphQLName<V>]: V;
  };
}
