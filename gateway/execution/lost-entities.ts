import type { GraphQLError } from "graphql";
import type { Again } from "../planning/fetches-by-type.ts";
import type { Data } from "./data.ts";

/** Returns the indices of the entities that are null because of a field that failed, and of which a part is needed nevertheless. */
export function lostEntities(
  entities: readonly unknown[],
  errors: readonly GraphQLError[],
  { holders, onlyOf }: { holders: readonly (readonly Data[])[]; onlyOf: Again["onlyOf"] },
): number[] {
  const failed = new Set(errors.flatMap(({ path }) => (path && path.length > 2 ? path[1] : [])));
  const isNeeded = ({ __typename: typename }: Data) => !onlyOf || onlyOf.has(String(typename));
  return [...entities.keys()].filter(
    (index) => entities[index] === null && failed.has(index) && holders[index]?.some(isNeeded),
  );
}
