import { GraphQLError } from "graphql";
import type { Data } from "./data.ts";
import { pathsOf, type Place } from "./entities.ts";

type Path = readonly (string | number)[];

/** The subgraph of a fetch, and the keys of its fields as clients know them. */
export interface FetchedSubgraph {
  subgraph: string;
  renamed(path: Path): Path;
}

/** Returns the errors of a fetch of root fields. Their paths are those of the response, except for keys that the planner generated. */
export function rootErrors(errors: readonly GraphQLError[], { subgraph, renamed }: FetchedSubgraph): GraphQLError[] {
  return errors.map((error) => downstream(error, subgraph, error.path && renamed(error.path)));
}

/**
 * Returns the errors of a fetch of entities at the paths of all objects that wait for them, one error for each. An error about the call as a whole is an
 * error of each entity.
 */
export function entityErrors(
  errors: readonly GraphQLError[],
  { subgraph, renamed }: FetchedSubgraph,
  { root, place, holders }: { root: Data; place: Place; holders: readonly (readonly Data[])[] },
): GraphQLError[] {
  const paths = pathsOf(root, place);
  return errors.flatMap((error) => {
    if (!error.path) return [downstream(error, subgraph, undefined)];
    const [, index, ...rest] = error.path;
    const concerned = typeof index === "number" ? new Set(holders[index]) : new Set(holders.flat());
    const within = renamed(rest);
    return [...concerned].flatMap(paths).map((at) => downstream(error, subgraph, [...at, ...within]));
  });
}

function downstream(error: GraphQLError, subgraph: string, path: Path | undefined): GraphQLError {
  // Over HTTP, an error is an object from JSON, without the properties that GraphQLError would have added.
  const { message } = error;
  const extensions: Readonly<Record<string, unknown>> | undefined = error.extensions;
  return new GraphQLError(message || `Error while fetching subquery from service "${subgraph}"`, {
    originalError: error,
    path,
    extensions: {
      ...extensions,
      code: extensions?.["code"] || "DOWNSTREAM_SERVICE_ERROR",
      serviceName: subgraph,
    },
  });
}
