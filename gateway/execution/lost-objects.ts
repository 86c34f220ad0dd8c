import type { ExecutionResult, GraphQLError } from "graphql";
import type { Again } from "../planning/fetch-again.ts";
import { type Data, isData } from "./data.ts";

type Path = readonly (string | number)[];

/** Returns whether one of the errors made an object of a response null that others require. */
export const isObjectLost = (data: unknown, paths: readonly Path[], { objects }: Again): boolean =>
  paths.some((path) => {
    const lost = lostAt(data, path);
    return lost !== undefined && objects.has(lost);
  });

/** Returns the objects whose entity a call did not return, with an error that states the reason. */
export function failedHolders({ data, errors = [] }: ExecutionResult, holders: readonly (readonly Data[])[]): Data[] {
  const entities: unknown = data?.["_entities"];
  // An error without an index is about the call as a whole.
  const indices = new Set(errors.map(({ path }) => path?.[1]));
  const hasFailed = (index: number) => !data || indices.has(undefined) || indices.has(index);
  return holders.flatMap((waiting, index) =>
    hasFailed(index) && !(Array.isArray(entities) && isData(entities[index])) ? waiting : [],
  );
}

/** Returns the indices of the entities that are null, or have a null in them, and that others need nevertheless. */
export function lostEntities(
  entities: readonly unknown[],
  errors: readonly GraphQLError[],
  { again, holders, renamed }: { again: Again; holders: readonly (readonly Data[])[]; renamed: (path: Path) => Path },
): number[] {
  const failed = new Map<number, Path[]>();
  for (const { path = [] } of errors) {
    const [, index, ...within] = path;
    if (typeof index !== "number") continue;
    const paths = failed.get(index) ?? [];
    paths.push(renamed(within));
    failed.set(index, paths);
  }
  const isUnknown = ({ __typename: typename }: Data) => again.interfaces.has(String(typename));
  return [...failed].flatMap(([index, paths]) => {
    const isTypeLost =
      entities[index] === null && holders[index]?.some(isUnknown) && paths.some(({ length }) => length > 0);
    return isTypeLost || isObjectLost(entities[index], paths, again) ? [index] : [];
  });
}

/** Returns the keys, joined by commas, of the null that an error below it caused. */
function lostAt(data: unknown, path: Path): string | undefined {
  const keys: string[] = [];
  let value = data;
  for (const element of path) {
    if (value === null) return keys.join();
    if (typeof value !== "object") return undefined;
    if (typeof element === "string") keys.push(element);
    value = (value as Record<string | number, unknown>)[element];
  }
  return undefined;
}
