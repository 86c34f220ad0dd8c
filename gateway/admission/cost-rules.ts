import type { Schema } from "@apollo/federation-internals";
import { eachElement } from "../marked-elements.ts";

/** How many entries a list has, as far as that can be told before it is read. */
export interface ListSize {
  /** When no slicing argument is given. */
  assumedSize: number | undefined;
  /** Arguments whose number is the size; of several, the largest. */
  slicingArguments: readonly string[];
  /** The size is that of these fields of what is returned, such as the `nodes` of a page; without any, of the list itself. */
  sizedFields: readonly string[];
}

/** What `@cost` and `@listSize` of a supergraph say. */
export interface CostRules {
  /** Of a type (`Vm`), a field (`Vm.alerts`) or an argument (`Query.vms(filter:)`). */
  weightOf(coordinate: string): number | undefined;
  /** Of a field. */
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
