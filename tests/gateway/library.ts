import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { createGateway } from "#gateway/create-gateway.ts";
import type { GatewayContext } from "#gateway/gateway.ts";
import type { Policies } from "#gateway/authorization/access-rule.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { answerOf } from "#tests/harness/answers.ts";
import { mockSubgraph } from "./mock-subgraph.ts";

// The subgraphs enforce nothing, so every refusal here is the gateway's.

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes", "@policy"])`;

const schemas = {
  library: `${link}
    type Query {
      open: Book
      book: Book! @requiresScopes(scopes: [["book:read"]])
      books: [Book!] @authenticated
      either: Book @requiresScopes(scopes: [["book:read", "shelf:read"], ["book:all"]])
      judged: Book @policy(policies: [["over_18"]])
      lent: Loan
      loans: [Loan!]
      items(of: Int): [Item!]
      anything(of: Int): [Thing!]
      rare: Rarity
    }
    type Mutation {
      first: Book @requiresScopes(scopes: [["book:write"]])
      second: Book
      third: Book @requiresScopes(scopes: [["book:write"]])
      fourth: Book
    }
    interface Item { id: ID! title: String }
    union Thing = Book | Loan
    type Book implements Item @key(fields: "id") { id: ID! title: String @requiresScopes(scopes: [["title:read"]]) pages: Int! }
    type Map implements Item { id: ID! title: String }
    type Loan @requiresScopes(scopes: [["loan:read"]]) { id: ID! until: String! }
    enum Rarity @requiresScopes(scopes: [["rarity:read"]]) { COMMON UNIQUE }`,
  prices: `${link}
    type Book @key(fields: "id") { id: ID! price: Float @requiresScopes(scopes: [["price:read"]]) paid: Float! @requiresScopes(scopes: [["price:read"]]) }`,
};

function composed(parts: Readonly<Record<string, string>>): string {
  const services = Object.entries(parts).map(([name, sdl]) => ({ name, typeDefs: parse(sdl), url: `http://${name}` }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return supergraphSdl;
}

export const sdl = composed(schemas);
export const policies: Policies = { over_18: ({ id }) => id === "grown-up" };

/** Returns a user with these permissions. */
export const holding = (...permissions: string[]): Identity => ({
  kind: "user",
  id: "grown-up",
  tenantId: "a tenant",
  permissions,
});

/** Creates a gateway over a library and its prices, which records its calls. */
export function library() {
  const mocks = new Map(Object.entries(schemas).map(([name, schema]) => [name, mockSubgraph(schema)]));
  const calls: string[] = [];
  const gateway = createGateway({
    supergraphSdl: sdl,
    policies,
    introspection: true,
    planning: "this thread",
    transport: {
      send: async (name, { query, variables }) => {
        calls.push(query);
        const answer = mocks.get(name)?.(query, variables ?? {});
        if (!answer) throw new Error(`There is no ${name}.`);
        return answer;
      },
      close: async () => undefined,
    },
  });
  const ask = async (identity: Identity, query: string, variables: Record<string, unknown> = {}) => {
    calls.length = 0;
    const context: GatewayContext = {
      identity,
      requestId: "request",
      deadline: Date.now() + 10_000,
      signal: new AbortController().signal,
    };
    const { data = null, errors } = answerOf(await gateway.execute({ query, variables }, context));
    return {
      data,
      errors: errors.map(({ path, extensions }) => ({ path: path?.join("."), ...extensions })),
      calls: [...calls],
    };
  };
  return { ask };
}

/** The error of a field that requires a permission. */
export const forbidden = (path: string, permission: string) => ({ path, code: "FORBIDDEN", permission });
