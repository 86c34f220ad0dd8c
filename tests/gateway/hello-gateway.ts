import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { type GatewayServer, type GatewayServerOptions, startGateway } from "#gateway/http/server.ts";
import { anonymous } from "#lib/trust/request-context.ts";

const schema = "type Query { hello(name: String): String slow: String long: String } type Mutation { count: Int }";
export const { supergraphSdl = "" } = composeServices([{ name: "one", typeDefs: parse(schema), url: "http://one" }]);

/** Longer than the buffers of a connection hold. */
export const longText = "long ".repeat(4 * 2 ** 20);

/** What the subgraph behind the gateway does. */
export interface Behind {
  /** How many mutations it has executed. */
  counted: number;
  /** What its field `slow` waits for. */
  slow: Promise<void>;
}

/** Starts a gateway over one subgraph without a database: `hello` is "world", and a mutation counts. */
export const startHello = (
  introspection: boolean,
  more: Partial<GatewayServerOptions> = {},
  behind: Behind = { counted: 0, slow: Promise.resolve() },
): Promise<GatewayServer> =>
  startGateway({
    ...more,
    supergraphSdl,
    introspection,
    planning: "this thread",
    transport: {
      send: async (_subgraph, { query }) => {
        if (query.startsWith("mutation")) return { data: { count: (behind.counted += 1) } };
        if (query.includes("slow")) await behind.slow;
        return { data: { hello: "world", slow: "done", ...(query.includes("long") ? { long: longText } : {}) } };
      },
      close: async () => undefined,
    },
    identify: async () => anonymous,
    ready: async () => true,
    allowedOrigins: ["https://console.example"],
    host: "127.0.0.1",
    port: 0,
  });

export const json = { "content-type": "application/json" };
export const hello = JSON.stringify({ query: "{ hello }" });
