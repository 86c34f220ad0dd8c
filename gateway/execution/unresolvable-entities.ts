import type { FetchNode } from "@apollo/query-planner";
import { GraphQLError, parse } from "graphql";
import { type Data, reader } from "./data.ts";
import { pathsOf, type Place } from "./entities.ts";
import { failedFields } from "./failed-fields.ts";
import { InvalidAnswer } from "./invalid-answer.ts";
import type { Gathered } from "./representations.ts";

/**
 * Returns the errors of fields that cannot be requested from a subgraph, because it resolves no known key of the entity. Composition allows `@requires` in
 * a subgraph that cannot be entered again. If the subgraph were queried anyway, it would return null, and no client would learn the reason.
 */
export function unresolvableErrors(
  { operation }: FetchNode,
  unresolvable: Gathered["unresolvable"],
  { root, place }: { root: Data; place: Place },
): GraphQLError[] {
  const document = parse(operation, { noLocation: true });
  const paths = pathsOf(root, place);
  return unresolvable.flatMap(({ representation, holder }) => {
    const type = String(holder["__typename"] ?? representation["__typename"]);
    const reason = new InvalidAnswer(
      `No subgraph can be queried for this field: the one that has it resolves no key of ${type} that is known here.`,
    );
    const lacking = failedFields(document, { representations: [representation] }, reason)
      .map((error) => error.path?.slice(2) ?? [])
      .filter(([key]) => key === undefined || (reader(String(key))(holder) ?? null) === null);
    return paths(holder).flatMap((at) =>
      lacking.map((below) => new GraphQLError(reason.message, { path: [...at, ...below], originalError: reason })),
    );
  });
}
