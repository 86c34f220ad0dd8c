import { ApolloServer } from "@apollo/server";
import { composeServices } from "@apollo/composition";
import { GraphQLError, parse } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apolloGateway } from "#gateway/apollo-gateway.ts";
import type { GatewayContext } from "#gateway/gateway.ts";
import { anonymous } from "#lib/trust/request-context.ts";

const schema = "type Query { hello: String broken: String }";
const { supergraphSdl = "" } = composeServices([{ name: "one", typeDefs: parse(schema), url: "http://one" }]);
const seen: string[] = [];
let server: ApolloServer<GatewayContext>;

beforeAll(async () => {
  const gateway = apolloGateway({
    supergraphSdl,
    introspection: true,
    planning: "this thread",
    transport: {
      send: async () => ({
        data: { hello: "world", broken: null },
        errors: [new GraphQLError("It is gone.", { path: ["broken"], extensions: { code: "NOT_FOUND" } })],
      }),
      close: async () => undefined,
    },
  });
  server = new ApolloServer<GatewayContext>({
    gateway,
    plugins: [
      {
        requestDidStart: async () => ({
          willSendResponse: async ({ operationName }) => void seen.push(operationName ?? ""),
        }),
      },
    ],
  });
  await server.start();
});
afterAll(() => server.stop());

it("an Apollo Server runs its plugins around this gateway, which returns the same data and errors as alone", async () => {
  const contextValue: GatewayContext = {
    identity: anonymous,
    requestId: "request",
    deadline: Date.now() + 10_000,
    signal: new AbortController().signal,
  };
  const { body } = await server.executeOperation({ query: "query Both { hello broken }" }, { contextValue });
  if (body.kind !== "single") throw new Error("The response is not a single result.");
  expect(body.singleResult.data).toEqual({ hello: "world", broken: null });
  expect(body.singleResult.errors).toMatchObject([
    { message: "It is gone.", path: ["broken"], extensions: { code: "NOT_FOUND" } },
  ]);
  expect(seen).toEqual(["Both"]);
});
