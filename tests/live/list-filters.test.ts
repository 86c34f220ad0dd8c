import fc from "fast-check";
import { getVariableValues, Kind, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { createFederationLoaders } from "#subgraphs/federation/loaders.ts";
import { createMonitoringLoaders } from "#subgraphs/monitoring/loaders.ts";
import { createVmsLoaders } from "#subgraphs/vms/loaders.ts";
import { alerts, type Followed, moves, rowCount, transitions } from "./followed-lists.ts";
import { everything, liveSubgraphs, type LiveSubgraphs } from "./subgraph-fixture.ts";

// Rows and filters are random. The list is queried right after the rows were written. Then the rows change, and only then the field decides about the events
// of the writes, as for a client that resumes: it must emit exactly what the list held at that time.

const seed = 20_260_301;
const filterCount = 150;

let live: LiveSubgraphs;
beforeAll(async () => {
  live = await liveSubgraphs();
});
afterAll(() => live.stop());

const subgraphOf = ({ domain }: Followed): Subgraph => live[domain];

/** Converts a filter as a client sends it to the values that resolvers receive. */
function coerced(followed: Followed, filter: unknown): unknown {
  const [operation] = parse(`query ($filter: ${followed.filterType}) { __typename }`).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("There is no operation.");
  const { variableDefinitions = [] } = operation;
  const { coerced: values, errors } = getVariableValues(subgraphOf(followed).schema, variableDefinitions, { filter });
  if (errors) throw errors[0];
  return values["filter"];
}

async function listed(followed: Followed, filter: unknown): Promise<string[]> {
  const query = `query ($filter: ${followed.filterType}) { ${followed.list}(first: 100, filter: $filter) { nodes { id } } }`;
  const { data, errors } = await subgraphOf(followed).execute(
    { query, variables: { filter } },
    { identity: everything(live.ours), requestId: "request", deadline: Date.now() + 10_000 },
  );
  expect(errors).toBeUndefined();
  return (data as Record<string, { nodes: { id: string }[] }>)[followed.list]?.nodes.map(({ id }) => id) ?? [];
}

const loadersOf = { vms: createVmsLoaders, monitoring: createMonitoringLoaders, federation: createFederationLoaders };

describe.each([
  ["alertChanged", alerts],
  ["migrationProgressed", moves],
  ["vmStateChanged", transitions],
])("%s", (_name, followedOf) => {
  it("emits a change exactly if the query with the same filter lists the row right after it", async () => {
    const followed = followedOf(live);
    const log = live.log();
    const start = await log.head([followed.domain]);
    const ids = await followed.write();
    const filters = fc
      .sample(followed.filters(ids), { numRuns: filterCount, seed })
      .map((filter) => JSON.parse(JSON.stringify(filter)) as Record<string, unknown>);
    const rows = new Set(ids);
    const expected: string[][] = [];
    for (const filter of filters)
      expected.push((await listed(followed, filter)).filter((id) => rows.has(id)).toSorted());
    await followed.change(ids);

    const { tenantId } = live.ours;
    const { events } = await log.read(start, { sources: [followed.domain], tenantId, limit: 1_000 });
    const { field } = followed;
    for (const [index, filter] of filters.entries()) {
      const args = { filter: coerced(followed, filter) } as never;
      const valuesFor = field.valuesFor(args);
      const tx = live.services[followed.domain].read({ tenantId, deadline: Date.now() + 10_000 });
      const context = { loaders: loadersOf[followed.domain](tx) } as never;
      try {
        for (const type of followed.types) {
          const candidates = events.filter((event) => event.type === type && rows.has(followed.rowOf(event)));
          expect(candidates).toHaveLength(rowCount);
          const emitted = await Promise.all(
            candidates.map(async (event) => {
              const admitted = await Promise.all(
                valuesFor(event).map(async (value) => field.admits?.(value, args, context)),
              );
              return admitted.includes(true) ? [followed.rowOf(event)] : [];
            }),
          );
          expect(emitted.flat().toSorted(), `${type} with ${JSON.stringify(filter)}`).toEqual(expected[index]);
        }
      } finally {
        await tx.end();
      }
    }
    // Filters that select everything or nothing prove little.
    expect(expected.filter(({ length }) => length > 0 && length < rowCount).length).toBeGreaterThan(filterCount / 3);
  });
});
