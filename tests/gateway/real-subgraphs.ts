import { composeServices } from "@apollo/composition";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { execute, type ExecutionResult, type GraphQLFieldResolver, parse } from "graphql";
import { bothExecutors } from "./both-executors.ts";
import { head } from "./differential/federation.ts";

type Resolvers = Record<string, Record<string, GraphQLFieldResolver<never, unknown> | ((value: never) => unknown)>>;

interface Subgraph {
  sdl: string;
  resolvers: Resolvers;
}

/** Creates the gateway over real subgraphs. */
export function gatewayOver(subgraphs: Readonly<Record<string, Subgraph>>) {
  const services = Object.entries(subgraphs).map(([name, { sdl }]) => ({
    name,
    typeDefs: parse(head + sdl),
    url: `http://${name}`,
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  const { ours } = bothExecutors(supergraphSdl);
  const schemas = new Map(
    services.map(({ name, typeDefs }) => [
      name,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own type allows no resolver of a reference with another type of value
      buildSubgraphSchema([{ typeDefs, resolvers: subgraphs[name]?.resolvers as never }]),
    ]),
  );
  return async (query: string, calls: string[] = []) => {
    const {
      data,
      errors: failed,
      invalid,
    } = await ours({ query, variables: {} }, async (name, text, variables) => {
      const schema = schemas.get(name);
      if (!schema) throw new Error(`There is no subgraph ${name}.`);
      calls.push(name);
      return (await execute({
        schema,
        document: parse(text),
        variableValues: { ...variables },
        contextValue: {},
      })) satisfies ExecutionResult;
    });
    return { data, failed: failed.map(({ path }) => path), invalid };
  };
}

/** Resolves the type of an object that names it. */
export const typed = ({ type }: { type: string }) => type;
/** Resolves a reference to itself. */
export const itself = (reference: object) => reference;
/** A response without an error. */
export const whole = (data: unknown) => ({ data, failed: [], invalid: [] });
