import type { Schema } from "@apollo/federation-internals";
import { eachElement } from "../marked-elements.ts";

/** The number of entries of a list, as far as it can be determined before the list is read. */
export interface ListSize {
  /** The size when no slicing argument is given. */
  assumedSize: number | undefined;
  /** Arguments whose value is the size; of several, the largest value counts. */
  slicingArguments: readonly string[];
  /** The size applies to these fields of the returned object, such as the `nodes` of a page. Without any, it applies to the list itself. */
  sizedFields: readonly string[];
}

/** The `@cost` and `@listSize` directives of a supergraph. */
export interface CostRules {
  /** Returns the weight of a type (`Vm`), a field (`Vm.alerts`) or an argument (`Query.vms(filter:)`). */
  weightOf(coordinate: string): number | undefined;
  /** Returns the list size of a field. */
  sizeOf(coordinate: string): ListSize | undefined;
}

const costIdentity = "https://specs.apollo.dev/cost";

/** Reads the cost directives of a supergraph; one without them has no rules. */
export function costRules(schema: Schema): CostRules {
  const feature = schema.coreFeatures?.getByIdentity(costIdentity);
  const weights = new Map<string, number>();
  const sizes = new Map<string, ListSize>();
  if (feature) {
    const [cost, listSize] = [feature.directiveNameInSchema("cost"), feature.directiveNameInSchema("listSize")];
    eachElement(schema, (coordinate, element) => {
      const weight = element.appliedDirectivesOf(cost)[0]?.arguments()["weight"];
      if (weight !== undefined) weights.set(coordinate, Number(weight));
      const size = element.appliedDirectivesOf(listSize)[0]?.arguments();
      if (size) sizes.set(coordinate, listSizeOf(size));
    });
  }
  return { weightOf: (coordinate) => weights.get(coordinate), sizeOf: (coordinate) => sizes.get(coordinate) };
}

const listSizeOf = (given: Readonly<Record<string, unknown>>): ListSize => ({
  assumedSize: given["assumedSize"] as number | undefined,
  slicingArguments: (given["slicingArguments"] ?? []) as string[],
  sizedFields: (given["sizedFields"] ?? []) as string[],
});
