import type { FetchNode, QueryPlanSelectionNode, ResponsePath } from "@apollo/query-planner";
import { type ExecutionResult, GraphQLError } from "graphql";
import type { Variables } from "#lib/graphql/variables.ts";
import type { FetchByType } from "../planning/foreign-shapes/fetches-by-type.ts";
import { type Data, isData } from "./data.ts";
import { type FetchedSubgraph, entityErrors, rootErrors } from "./downstream-errors.ts";
import { entitiesAt, type Place } from "./entities.ts";
import type { EntityKeys } from "./entity-keys.ts";
import { filledFields } from "./failures.ts";
import { failedHolders, isObjectLost, lostEntities } from "./lost-objects.ts";
import { fill, merge } from "./merge.ts";
import { type Gathered, representationsOf } from "./representations.ts";
import { renamedPath, rewritesOf } from "./rewrites.ts";
import type { Run, Step } from "./run.ts";
import type { FitsType } from "./types.ts";
import { unresolvableErrors } from "./unresolvable-entities.ts";

/** Information about the types of a supergraph. */
export interface EntityTypes {
  fits: FitsType;
  keys: EntityKeys;
}

/** Compiles a call to a subgraph: for root fields, or for fields of the entities at `path`. */
export function fetchStep(fetch: FetchByType, path: ResponsePath, types: EntityTypes): Step {
  const step = fetch.requires ? entityFetch(fetch, fetch.requires, path, types) : rootFetch(fetch, path, types.fits);
  return async (run) => {
    try {
      await step(run);
    } catch (error) {
      run.errors.push(asGraphQLError(error));
    }
  };
}

function rootFetch(fetch: FetchByType, path: ResponsePath, fits: FitsType): Step {
  const rewrite = rewritesOf(fetch.outputRewrites, fits);
  const fetched = fetchedFrom(fetch);
  const targets = entitiesAt({ path });
  return async (run) => {
    const into = targets(run.data);
    if (into.length === 0) return;
    const { data, errors } = await run.call(fetch, usedVariables(fetch, run.variables));
    if (errors) run.errors.push(...rootErrors(errors, fetched));
    if (!data) return;
    rewrite?.(data);
    for (const target of into) merge(target, data, fits);
    const { again } = fetch;
    const failed = again && errors?.flatMap((error) => (error.path ? [fetched.renamed(error.path)] : []));
    if (!failed || !isObjectLost(data, failed, again)) return;
    const second = await run.call(again.fetch, usedVariables(again.fetch, run.variables));
    if (!second.data) return;
    rewrite?.(second.data);
    for (const target of into) fill(target, second.data);
  };
}

/** Takes the data of an event from a subgraph as if it were the response of a fetch. */
export function eventOf(fetch: FetchNode, fits: FitsType): (run: Run, event: ExecutionResult) => void {
  const rewrite = rewritesOf(fetch.outputRewrites, fits);
  const fetched = fetchedFrom(fetch);
  return ({ data: target, errors: targetErrors }, { data, errors }) => {
    if (errors) targetErrors.push(...rootErrors(errors, fetched));
    if (!data) return;
    rewrite?.(data);
    merge(target, data, fits);
  };
}

function entityFetch(
  fetch: FetchByType,
  requires: readonly QueryPlanSelectionNode[],
  path: ResponsePath,
  { fits, keys }: EntityTypes,
): Step {
  const rewrite = rewritesOf(fetch.outputRewrites, fits);
  const fetched = fetchedFrom(fetch);
  const place: Place = { path, forTypes: fetch.forTypes };
  const find = entitiesAt(place);
  const gather = representationsOf(requires, {
    rewrite: rewritesOf(fetch.inputRewrites, fits),
    keys: (typename) => keys(fetch.serviceName, typename),
    fits,
  });
  const fields = filledFields(fetch, fits);
  const callFor = async (run: Run, { representations, holders }: Gathered): Promise<void> => {
    const variables = usedVariables(fetch, run.variables);
    if ("representations" in variables) throw new Error("Variables cannot contain key `representations`.");
    const { data, errors } = await run.call(fetch, { ...variables, representations });
    if (errors) {
      run.errors.push(...entityErrors(errors, fetched, { root: run.data, place, holders }));
      run.failures.add(failedHolders({ data, errors }, holders), fields);
    }
    if (!data) return;
    const entities = data["_entities"];
    if (!Array.isArray(entities) || entities.length !== representations.length)
      throw new Error(`Subgraph ${fetch.serviceName} did not answer with one entity for each representation.`);
    const take = (entity: unknown, index: number): void => {
      if (!isData(entity)) return;
      const add = isData(entities[index]) && entities[index] !== entity ? fill : merge;
      distribute(entity, holders[index] ?? [], rewrite, (holder, found) => add(holder, found, fits));
    };
    entities.forEach(take);
    if (!errors || !fetch.again) return;
    const { again } = fetch;
    const lost = lostEntities(entities, errors, { again, holders, renamed: fetched.renamed });
    if (lost.length === 0) return;
    const second = await run.call(again.fetch, {
      ...usedVariables(again.fetch, run.variables),
      representations: lost.map((index) => representations[index]),
    });
    // Each of these entities has its error already.
    const found: unknown = second.data?.["_entities"];
    if (Array.isArray(found)) found.forEach((entity, index) => take(entity, lost[index] ?? -1));
  };
  return async (run) => {
    const gathered = gather(find(run.data));
    const { representations, holders, unresolvable, skipped } = gathered;
    run.failures.skip(skipped, fields, { requires, fits });
    if (unresolvable.length > 0) {
      run.errors.push(...unresolvableErrors(fetch, unresolvable, { root: run.data, place }));
      run.failures.add(
        unresolvable.map(({ holder }) => holder),
        fields,
      );
    }
    if (representations.length === 0) return;
    try {
      await callFor(run, gathered);
    } catch (error) {
      run.failures.add(holders.flat(), fields);
      throw error;
    }
  };
}

/** Merges an entity into all objects that wait for it. They share its data: the plan treats the objects of one path alike. */
function distribute(
  entity: Data,
  holders: readonly Data[],
  rewrite: ((entity: Data) => void) | undefined,
  add: (holder: Data, entity: Data) => void,
): void {
  entity["__typename"] ||= holders[0]?.["__typename"];
  rewrite?.(entity);
  for (const holder of holders) add(holder, entity);
}

const fetchedFrom = ({ serviceName, outputRewrites }: FetchNode): FetchedSubgraph => ({
  subgraph: serviceName,
  renamed: renamedPath(outputRewrites),
});

export function usedVariables({ variableUsages }: FetchNode, given: Variables): Variables {
  const used: Record<string, unknown> = {};
  for (const name of variableUsages ?? []) {
    if (Object.hasOwn(given, name) && given[name] !== undefined) used[name] = given[name];
  }
  return used;
}

/** Converts a failure to a GraphQLError. Its message stays in the process: `answerErrors` returns only the messages of errors with a public code. */
function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  return error instanceof Error
    ? new GraphQLError(error.message, { originalError: error })
    : new GraphQLError("A call to a subgraph failed.");
}
