import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import type { Identity } from "#lib/trust/request-context.ts";
import type { Transport } from "#gateway/transport/transport.ts";

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@requiresScopes", "@tag"])\n`;
/** Composes orders with subscriptions, and the people who place them, who belong to another subgraph. */
export const compose = (orders: string): string => {
  const services = [
    { name: "orders", typeDefs: parse(link + orders), url: "http://orders" },
    {
      name: "people",
      typeDefs: parse(
        `${link}type Query { me: Person }  type Person @key(fields: "id") { id: ID!  name: String  own: String @tag(name: "depends-on-caller")  secret: String @requiresScopes(scopes: [["secret:read"]]) }`,
      ),
      url: "http://people",
    },
  ];
  return composeServices(services).supergraphSdl ?? "";
};
export const orders = `type Query { order: Order }
  type Subscription { ordered(shop: ID): Order }
  type Order { number: Int!  by: Person }
  type Person @key(fields: "id", resolvable: false) { id: ID! }`;

export interface PeopleCall {
  subgraph: string;
  variables: Readonly<Record<string, unknown>>;
  identity: Identity;
}

/** Returns a transport that answers for both subgraphs. @param calls each call is appended here */
export const peopleTransport = (
  calls: PeopleCall[] = [],
  answer = (ids: readonly string[]): unknown => ids.map((id) => ({ __typename: "Person", id, name: `name of ${id}` })),
): Transport => ({
  send: async (subgraph, { variables = {} }, { identity }) => {
    calls.push({ subgraph, variables, identity });
    if (subgraph === "orders") return { data: { order: { number: 7 } } };
    return { data: { _entities: answer((variables["representations"] as { id: string }[]).map(({ id }) => id)) } };
  },
  close: async () => undefined,
});

export const order = (number: number) => ({
  data: { ordered: { number, by: { __typename: "Person", id: `p${number}` } } },
});
