import { Pool } from "undici";
import type { SubgraphName } from "../graph.ts";
import { answerBodies } from "../serve.ts";

// What a programmer would write who has only this one query to answer: the same five subgraphs, the same order of calls, no GraphQL.
const pool = new Pool(process.argv[2] ?? "", { connections: 64 });

interface Vm {
  id: string;
  name: string;
  state: string;
  cpu: number;
  memory: number;
  owner: { id: string };
  region: { id: string };
}
type Entity = Record<string, unknown>;
interface Allocation extends Entity {
  node: { id: string };
}

async function call<Answer>(name: SubgraphName, query: string, variables: object): Promise<Answer> {
  const { body } = await pool.request({
    method: "POST",
    path: `/${name}/graphql`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return ((await body.json()) as { data: Answer }).data;
}

const entities = async <Answer>(name: SubgraphName, type: string, fields: string, ids: readonly string[]) =>
  (
    await call<{ _entities: Answer[] }>(
      name,
      `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on ${type} { ${fields} } } }`,
      { representations: ids.map((id) => ({ __typename: type, id })) },
    )
  )._entities;

async function byId(name: SubgraphName, type: string, fields: string, all: readonly { id: string }[]) {
  const ids = [...new Set(all.map(({ id }) => id))];
  const found = await entities<Entity>(name, type, fields, ids);
  return new Map(ids.map((id, at) => [id, found[at]]));
}

await answerBodies(async (text) => {
  const { first } = (JSON.parse(text) as { variables: { first: number } }).variables;
  const { vms } = await call<{ vms: Vm[] }>(
    "vms",
    "query ($first: Int!) { vms(first: $first) { id name state cpu memory owner { id } region { id } } }",
    { first },
  );
  const ids = vms.map(({ id }) => id);
  const allocated = entities<{ allocation: Allocation }>(
    "scheduler",
    "Vm",
    "allocation { id status cpu memory node { id } }",
    ids,
  );
  const [owners, regions, metrics, migrations, allocations, nodes] = await Promise.all([
    byId(
      "auth",
      "User",
      "name email",
      vms.map(({ owner }) => owner),
    ),
    byId(
      "federation",
      "Region",
      "name provider",
      vms.map(({ region }) => region),
    ),
    entities<Entity>("monitoring", "Vm", "metrics { time cpuPercent memoryBytes networkBytes cpuSeries }", ids),
    entities<Entity>("federation", "Vm", "migrations { id kind steps { number name status } }", ids),
    allocated,
    allocated.then((found) =>
      byId(
        "federation",
        "Node",
        "name zone",
        found.map(({ allocation }) => allocation.node),
      ),
    ),
  ]);
  const joined = vms.map((vm, at) => {
    const allocation = allocations[at]?.allocation;
    return {
      id: vm.id,
      name: vm.name,
      state: vm.state,
      cpu: vm.cpu,
      memory: vm.memory,
      owner: owners.get(vm.owner.id),
      metrics: metrics[at]?.["metrics"],
      allocation: allocation && { ...allocation, node: nodes.get(allocation.node.id) },
      migrations: migrations[at]?.["migrations"],
      region: regions.get(vm.region.id),
    };
  });
  return JSON.stringify({ data: { vms: joined } });
});
