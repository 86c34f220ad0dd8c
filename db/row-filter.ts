import { InvalidArgument } from "#lib/errors.ts";
import type { Condition, Filter, KnownRow } from "./filters.ts";

/** A condition of a filter, with its name there. */
export interface NamedCondition extends Condition {
  name: string;
}

/**
 * Converts a GraphQL filter to the conditions of its fields, in the order of their names. A field that is absent or null is no condition.
 * @throws InvalidArgument
 */
export const conditionsIn = (
  filters: Readonly<Record<string, Filter>>,
  filter: Readonly<Record<string, unknown>>,
): NamedCondition[] =>
  Object.entries(filter)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const rule = filters[name];
      if (!rule) throw new InvalidArgument(`filter.${name}`, "is not a filter of this list.");
      return { name, ...rule(name, value, `filter.${name}`) };
    });

/**
 * Decides whether a filter selects a row of which some properties are known, such as one that an event describes.
 * @returns undefined when a condition does not hold; otherwise the names of the conditions that these properties cannot decide, which are often none
 */
export type RowFilter = (row: KnownRow, at: Date) => readonly string[] | undefined;

export const rowFilter = (conditions: readonly NamedCondition[]): RowFilter => {
  const isKnown = (row: KnownRow) => (property: string) => row[property] !== undefined;
  return (row, at) => {
    const undecided: string[] = [];
    for (const { name, test } of conditions) {
      if (!test?.properties.every(isKnown(row))) undecided.push(name);
      else if (!test.holds(row, at)) return undefined;
    }
    return undecided;
  };
};
