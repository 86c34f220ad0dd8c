import { buildSchema, type GraphQLObjectType, parse } from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import { allocationOf, metricsOf, migrationsOf, nodeOf, regionOf, userOf, vmOf } from "../fleet.ts";
import { wholeSdl } from "../graph.ts";
import { answerBodies } from "../serve.ts";

// A GraphQL server without federation whose data is in memory: the cost of executing the query alone.
const vms = Array.from({ length: 1_100 }, (_, at) => {
  const vm = vmOf(at);
  const allocation = allocationOf(vm.id);
  return {
    ...vm,
    owner: userOf(vm.owner.id),
    region: regionOf(vm.region.id),
    metrics: metricsOf(vm.id),
    allocation: { ...allocation, node: nodeOf(allocation.node.id) },
    migrations: migrationsOf(vm.id),
  };
});
const schema = buildSchema(wholeSdl);
const field = (schema.getQueryType() as GraphQLObjectType).getFields()["vms"];
if (field) field.resolve = (_source, { first }: { first: number }) => vms.slice(0, first);

const compiled = new Map<string, ReturnType<typeof compile>>();

function compile(query: string) {
  const result = compileQuery(schema, parse(query), undefined);
  if (!isCompiledQuery(result)) throw new Error("The query cannot be compiled.");
  return result;
}

await answerBodies(async (body) => {
  const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
  const known = compiled.get(query) ?? compile(query);
  compiled.set(query, known);
  return JSON.stringify(await known.query({}, {}, variables));
});
