import { composeServices } from "@apollo/composition";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { type GraphQLSchema, parse } from "graphql";
import { metricsOf, migrationsOf, allocationOf, nodeOf, regionOf, userOf, vmOf } from "./fleet.ts";

/** The product's five domains in miniature, with no directive that some gateway does not know. */
export const subgraphNames = ["auth", "vms", "monitoring", "scheduler", "federation"] as const;
export type SubgraphName = (typeof subgraphNames)[number];

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])`;

const sdl: Record<SubgraphName, string> = {
  auth: `type User @key(fields: "id") { id: ID! name: String! email: String! }`,
  vms: `
    type Query { vms(first: Int!): [Vm!]! }
    type Vm @key(fields: "id") { id: ID! name: String! state: String! cpu: Int! memory: Float! owner: User! region: Region! }
    type User @key(fields: "id", resolvable: false) { id: ID! }
    type Region @key(fields: "id", resolvable: false) { id: ID! }`,
  monitoring: `
    type Vm @key(fields: "id") { id: ID! metrics: Metrics! }
    type Metrics { time: String! cpuPercent: Float! memoryBytes: Float! networkBytes: Float! cpuSeries: [Float!]! }`,
  scheduler: `
    type Vm @key(fields: "id") { id: ID! allocation: Allocation! }
    type Allocation { id: ID! status: String! cpu: Int! memory: Float! node: Node! }
    type Node @key(fields: "id", resolvable: false) { id: ID! }`,
  federation: `
    type Vm @key(fields: "id") { id: ID! migrations: [Migration!]! }
    type Migration { id: ID! kind: String! steps: [Step!]! }
    type Step { number: Int! name: String! status: String! }
    type Node @key(fields: "id") { id: ID! name: String! zone: String! }
    type Region @key(fields: "id") { id: ID! name: String! provider: String! }`,
};

interface Reference {
  id: string;
}

const resolvers: Record<SubgraphName, object> = {
  auth: { User: { __resolveReference: ({ id }: Reference) => userOf(id) } },
  vms: {
    Query: {
      vms: (_: unknown, { first }: { first: number }) => Array.from({ length: first }, (_none, at) => vmOf(at)),
    },
  },
  monitoring: { Vm: { metrics: ({ id }: Reference) => metricsOf(id) } },
  scheduler: { Vm: { allocation: ({ id }: Reference) => allocationOf(id) } },
  federation: {
    Vm: { migrations: ({ id }: Reference) => migrationsOf(id) },
    Node: { __resolveReference: ({ id }: Reference) => nodeOf(id) },
    Region: { __resolveReference: ({ id }: Reference) => regionOf(id) },
  },
};

const typeDefsOf = (name: SubgraphName) => parse(`${link}\n${sdl[name]}`);

export const subgraphSchema = (name: SubgraphName): GraphQLSchema =>
  buildSubgraphSchema({ typeDefs: typeDefsOf(name), resolvers: resolvers[name] as never });

/**
 * Returns the composed supergraph.
 * @param url of the process that answers for all subgraphs, each under its name
 * @param more additional SDL of a subgraph; no resolver answers for it
 */
export function supergraphSdl(url: string, more: Partial<Record<SubgraphName, string>> = {}): string {
  const services = subgraphNames.map((name) => ({
    name,
    url: subgraphUrl(url, name),
    typeDefs: parse(`${link}\n${sdl[name]}\n${more[name] ?? ""}`),
  }));
  const { supergraphSdl: composed, errors } = composeServices(services);
  if (!composed) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return composed;
}

export const subgraphUrl = (url: string, name: SubgraphName): string => new URL(`/${name}/graphql`, url).href;

/** The same without federation: one type holds the fields of all five. */
export const wholeSdl = `
  type Query { vms(first: Int!): [Vm!]! }
  type Vm {
    id: ID! name: String! state: String! cpu: Int! memory: Float!
    owner: User! region: Region! metrics: Metrics! allocation: Allocation! migrations: [Migration!]!
  }
  type User { id: ID! name: String! email: String! }
  type Region { id: ID! name: String! provider: String! }
  type Metrics { time: String! cpuPercent: Float! memoryBytes: Float! networkBytes: Float! cpuSeries: [Float!]! }
  type Allocation { id: ID! status: String! cpu: Int! memory: Float! node: Node! }
  type Node { id: ID! name: String! zone: String! }
  type Migration { id: ID! kind: String! steps: [Step!]! }
  type Step { number: Int! name: String! status: String! }`;

export const query = `query Fleet($first: Int!) {
  vms(first: $first) {
    id name state cpu memory
    owner { name email }
    metrics { time cpuPercent memoryBytes networkBytes cpuSeries }
    allocation { id status cpu memory node { name zone } }
    migrations { id kind steps { number name status } }
    region { name provider }
  }
}`;

export const bodyFor = (first: number): string => JSON.stringify({ query, variables: { first } });
