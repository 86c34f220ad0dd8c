import { composeServices } from "@apollo/composition";
import { Supergraph } from "@apollo/federation-internals";
import type { QueryPlan } from "@apollo/query-planner";
import { type DocumentNode, type GraphQLSchema, parse } from "graphql";
import { type BothExecutors, bothExecutors } from "../both-executors.ts";
import { type AskSubgraph, subgraphOver, subgraphSchema } from "./subgraph.ts";
import { undivided } from "./undivided.ts";
import { foreignFields } from "./foreign-fields.ts";
import { World } from "./world.ts";

/** A supergraph, its subgraphs over one world, and one undivided service over the same world. */
export interface Federation {
  sdl: string;
  schemas: Readonly<Record<string, DocumentNode>>;
  /** The schema that clients see. */
  api: GraphQLSchema;
  subgraphs: Readonly<Record<string, AskSubgraph>>;
  executors: BothExecutors;
  undivided: ReturnType<typeof undivided>;
  world: World;
  plan(operation: { query: string; variables: Record<string, unknown> }): QueryPlan;
}

export const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@requires", "@provides", "@external",
  "@shareable", "@override", "@inaccessible", "@interfaceObject"])\n`;

/**
 * @param linked the text before every schema
 * @returns the errors of composition where the schemas do not compose
 */
export function federationOf(
  texts: Readonly<Record<string, string>>,
  linked: string = head,
): Federation | readonly string[] {
  const services = Object.entries(texts).map(([name, sdl]) => ({
    name,
    typeDefs: parse(linked + sdl),
    url: `http://${name}`,
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) return (errors ?? []).map(({ message }) => message);
  const executors = bothExecutors(supergraphSdl);
  const whole = Supergraph.build(supergraphSdl, { supportedFeatures: null }).schema.toGraphQLJSSchema();
  const schemas = Object.fromEntries(services.map(({ name, typeDefs }) => [name, typeDefs]));
  const local = services.map(({ name, typeDefs }) => [name, subgraphSchema(typeDefs)] as const);
  const world = new World(
    whole,
    local.map(([, each]) => each),
  );
  return {
    sdl: supergraphSdl,
    schemas,
    api: executors.schema,
    subgraphs: Object.fromEntries(
      local.map(([name, each]) => [name, subgraphOver(world, each, foreignFields(supergraphSdl, name, each.document))]),
    ),
    executors,
    undivided: undivided(executors.schema, world),
    world,
    plan: (operation) => executors.plan(operation),
  };
}

/** Returns the federation. @throws Error for schemas that do not compose */
export function composed(texts: Readonly<Record<string, string>>, linked: string = head): Federation {
  const found = federationOf(texts, linked);
  if ("api" in found) return found;
  throw new Error(found.join("\n"));
}
