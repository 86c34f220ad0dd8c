type GraphQLName<Value extends string> =
  Uppercase<Value> extends `${infer A}-${infer B}` ? `${A}_${B}` : Uppercase<Value>;

/** A database enum as GraphQL names it: `hyper-v` is `HYPER_V`. The one place in which the two meet. */
export function enumValues<const Value extends string>(
  values: readonly Value[],
): { [V in Value as GraphQLName<V>]: V } {
  return Object.fromEntries(values.map((value) => [value.toUpperCase().replaceAll("-", "_"), value])) as {
    [V in Value as GraphQLName<V>]: V;
  };
}
