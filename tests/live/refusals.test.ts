import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultLimits, noLimits } from "#gateway/limits/limits.ts";
import { Documents } from "#gateway/documents/documents.ts";
import { hashOf } from "#gateway/documents/manifest.ts";
import { type GatewayServer, type GatewayServerOptions, startGateway } from "#gateway/http/server.ts";
import { cursorText } from "#gateway/subscriptions/cursor.ts";
import { CallFailure } from "#gateway/transport/call-failure.ts";
import { type ErrorCode, errorCodes, PublicError } from "#lib/errors.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { WebSocket } from "ws";
import { InMemoryLog, sourceOf } from "./in-memory-source.ts";
import { compose, order, orders, peopleTransport } from "./orders.ts";
import {
  type ClientRequest,
  type ClientName,
  clientNames,
  hashClients,
  rawClients,
  referenceClients,
} from "./reference-clients.ts";

// Apollo's link compares with the platform's class, which Node 20 does not have.
vi.stubGlobal("WebSocket", WebSocket);
afterAll(() => void vi.unstubAllGlobals());

const schema = orders.replace(
  "type Subscription {",
  'type Subscription { kept: Order @requiresScopes(scopes: [["order:keep"]])',
);
const supergraphSdl = compose(schema);
const user: Identity = { kind: "user", id: "ann", tenantId: "one", permissions: [] };
const credential = { kind: "session", id: "ann" } as const;

let log: InMemoryLog;
/** The error with which an operation is refused after its client was identified. */
let refusesOperations: Error | undefined;
/** The error with which the followed subgraph refuses its position, and the one with which it ends a subscription. */
let withoutPosition: Error | undefined;
let endsWith: Error | undefined;

const start = (more: Partial<GatewayServerOptions> = {}) =>
  startGateway({
    supergraphSdl,
    subscriptions: {
      ...sourceOf({
        orders: { follow: (...given: Parameters<InMemoryLog["follow"]>) => log.follow(...given) } as InMemoryLog,
      }),
      subscribe: (_subgraph, { after }, _context, signal) => (endsWith ? failing(endsWith) : log.follow(after, signal)),
      position: async () => {
        if (withoutPosition) throw withoutPosition;
        return String(log.events.length);
      },
    },
    transport: peopleTransport(),
    introspection: true,
    planning: "this thread",
    identify: async (request) => {
      // For a socket the request is its `connection_init`; `confirm` handles its operations.
      if (refusesOperations && "method" in request) throw refusesOperations;
      if (request.headers.authorization !== "Bearer ann") throw new PublicError("UNAUTHENTICATED", "No.");
      return { ...user, credential };
    },
    redeem: async (ticket) => {
      if (refusesOperations) throw refusesOperations;
      if (ticket !== "ann") throw new PublicError("UNAUTHENTICATED", "No.");
      return { ...user, credential };
    },
    confirm: async (_credential, { counted } = { counted: false }) => {
      if (refusesOperations && counted) throw refusesOperations;
      return { ...user, credential };
    },
    ready: async () => true,
    socketLimits: { closingMs: 10 },
    host: "127.0.0.1",
    port: 0,
    ...more,
  });
// oxlint-disable-next-line require-yield
async function* failing(error: Error): AsyncGenerator<never> {
  throw error;
}

const gateways: GatewayServer[] = [];
const gateway = await start();
gateways.push(gateway);
afterAll(async () => {
  for (const each of gateways) await each.close();
});
beforeEach(() => {
  log = new InMemoryLog();
  refusesOperations = withoutPosition = endsWith = undefined;
});

/** Resolves to the first problem that a client reports: the code of an error, or that of the close of its socket. */
async function reportedBy(
  name: ClientName,
  request: ClientRequest,
  { url = gateway.url, token = "ann" } = {},
): Promise<unknown> {
  let end: () => void = () => undefined;
  try {
    return await new Promise((resolve) => {
      end = referenceClients[name]({ url, token }, request, (problems) =>
        resolve(typeof problems === "number" ? problems : problems[0]?.extensions?.code),
      );
    });
  } finally {
    end();
  }
}
const reported = async (request: ClientRequest, names: readonly ClientName[], target = {}) =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await reportedBy(name, request, target)])));
const each = (names: readonly ClientName[], value: unknown) => Object.fromEntries(names.map((name) => [name, value]));

const query = "subscription { ordered { number } }";
const shops = "subscription ($shop: ID) { ordered(shop: $shop) { number } }";
const nested = (levels: number): unknown => (levels === 0 ? "x" : [nested(levels - 1)]);
const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
const times = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(" ");

interface Refusal extends ClientRequest {
  /** The clients that can send the request; all of them by default. */
  by?: readonly ClientName[];
  /** Runs before the request is sent. */
  given?: () => void;
  options?: Partial<GatewayServerOptions>;
}
const operations = (error: Error): Refusal => ({ query, given: () => void (refusesOperations = error) });

/** The clients that send a document and its hash; urql sends only one of them. */
const hashAndDocument: readonly ClientName[] = [...rawClients, "Apollo Client over graphql-ws"];
/** The clients that send a document as a body; over a socket, a frame of this size closes it with 1009. */
const bodyClients: readonly ClientName[] = ["graphql-sse", "urql over graphql-sse", "urql's own event streams"];

/** The requests that are refused before a subscription is executed, by code. */
const refusals: Partial<Record<ErrorCode, Refusal>> = {
  GRAPHQL_PARSE_FAILED: { query: "subscription {", by: rawClients },
  GRAPHQL_VALIDATION_FAILED: { query: "subscription { nope }" },
  OPERATION_RESOLUTION_FAILURE: {
    query: `${query.replace("subscription", "subscription A")} ${shops.replace("subscription", "subscription B")}`,
    by: rawClients,
  },
  BAD_USER_INPUT: { query: shops, variables: { shop: {} } },
  BAD_REQUEST: { by: hashClients },
  TOKEN_LIMIT_EXCEEDED: { query: `subscription { ordered { ${times(2_000, () => "number")} } }` },
  DEPTH_LIMIT_EXCEEDED: { query: `subscription { ${times(13, () => "by {")} id ${times(13, () => "}")} }` },
  ALIAS_LIMIT_EXCEEDED: { query: `subscription { ordered { ${times(31, (at) => `a${at}: number`)} } }` },
  DIRECTIVE_LIMIT_EXCEEDED: { query: `subscription { ordered { number ${times(11, () => "@skip(if: false)")} } }` },
  REPEAT_LIMIT_EXCEEDED: { query: `subscription { ordered { ${times(21, () => "number")} } }` },
  SELECTION_LIMIT_EXCEEDED: {
    query: `subscription { ordered { ${times(15, () => "...A0")} } } ${times(3, (at) => `fragment A${at} on Order { ${times(15, () => `...A${at + 1}`)} }`)} fragment A3 on Order { number }`,
  },
  LIST_LIMIT_EXCEEDED: { query: shops, variables: { shop: Array(101).fill("x") } },
  VALUE_DEPTH_LIMIT_EXCEEDED: { query: shops, variables: { shop: nested(33) } },
  QUERY_TOO_EXPENSIVE: { query, options: { limits: { ...defaultLimits, cost: 0 } } },
  PLAN_LIMIT_EXCEEDED: {
    query,
    options: { planning: "own thread", limits: { ...noLimits, planMs: 0 } },
    // Each of these clients makes the planner restart.
    by: ["graphql-ws", "graphql-sse"],
  },
  PAYLOAD_TOO_LARGE: {
    query: shops,
    variables: { shop: "x".repeat(300_000) },
    by: bodyClients,
  },
  PERSISTED_QUERY_NOT_SUPPORTED: { extensions: persisted(hashOf(query)), by: hashClients },
  DOCUMENT_ID_INVALID: { query, extensions: persisted("x"), by: hashAndDocument },
  DOCUMENT_UNKNOWN: { documentId: hashOf(query), by: hashClients },
  DOCUMENT_MISMATCH: { query, extensions: persisted(hashOf(shops)), by: hashAndDocument },
  DOCUMENT_NOT_ALLOWED: {
    query,
    options: { documents: new Documents({ session: "safelist", api_key: "safelist", anonymous: "safelist" }) },
  },
  UNAUTHENTICATED: operations(new PublicError("UNAUTHENTICATED", "No.")),
  FORBIDDEN: { query: "subscription { kept { number } }" },
  RATE_LIMITED: operations(new PublicError("RATE_LIMITED", "Later.", { retryAfter: 1 })),
  AUTH_UNAVAILABLE: operations(new PublicError("AUTH_UNAVAILABLE", "Later.")),
  OVERLOADED: operations(new PublicError("OVERLOADED", "Later.")),
  INTERNAL_SERVER_ERROR: operations(new Error("unexpected failure")),
  SUBGRAPH_UNAVAILABLE: { query, given: () => void (withoutPosition = new CallFailure("unreachable", "")) },
  SUBGRAPH_TIMEOUT: { query, given: () => void (withoutPosition = new CallFailure("timed out", "")) },
  POSITION_INVALID: { query, extensions: { after: "x" } },
  RESYNC_REQUIRED: {
    query,
    extensions: { after: cursorText("one", { orders: "0" }) },
    given: () => {
      log.append(order(1), order(2));
      log.oldest = 1;
    },
  },
};

/** The codes with which the gateway refuses other requests, or requests that no client here can send. */
const ofOtherRequests: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND: "each client sends its requests to /graphql",
  REQUIREMENT_FAILED: "it is of a field of a response",
  METHOD_NOT_ALLOWED: "neither a mutation nor another method subscribes",
  NOT_ACCEPTABLE: "each client accepts the media type that it reads",
  UNSUPPORTED_MEDIA_TYPE: "each client sends JSON",
  ROOT_FIELD_LIMIT_EXCEEDED: "a subscription has one root field, or is GRAPHQL_VALIDATION_FAILED",
};

describe("case G15: a subscription that is refused", () => {
  it.each(Object.entries(refusals))("is reported by each client with its code: %s", async (code, refusal) => {
    const { by = clientNames, given, options, ...request } = refusal;
    let { url } = gateway;
    if (options) {
      const own = await start(options);
      gateways.push(own);
      ({ url } = own);
    }
    given?.();
    expect(await reported(request, by, { url })).toEqual(each(by, code));
  });

  it("because of its credential is reported by each client: in the stream, or by the close code of the socket", async () => {
    const inStreams = clientNames.filter((name) => name.includes("sse") || name.includes("vent"));
    expect(await reported({ query }, inStreams, { token: "bob" })).toEqual(each(inStreams, "UNAUTHENTICATED"));
    expect(await reportedBy("graphql-ws", { query }, { token: "bob" })).toBe(4403);
  });

  it.each(Object.keys(errorCodes) as ErrorCode[])(
    "by its subgraph while it runs is reported by each client with its code: %s",
    async (code) => {
      endsWith = new PublicError(code, "For a reason.");
      const expected = code === "POSITION_EXPIRED" ? "RESYNC_REQUIRED" : code;
      expect(await reported({ query }, clientNames)).toEqual(each(clientNames, expected));
    },
  );

  it("is tested for every code with which the gateway refuses anything", () => {
    const known = [...Object.keys(refusals), ...Object.keys(ofOtherRequests)];
    expect(codesIn("gateway").filter((code) => !known.includes(code))).toEqual([]);
  });
});

/** Returns the codes that the sources below a folder name, without those that come only from a subgraph. */
function codesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const named = files.flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/"([A-Z_]+)"/g)].map(([, word = ""]) => word),
  );
  const ofSubgraphs = new Set(["POSITION_EXPIRED"]);
  return [...new Set(named)].filter((word) => Object.hasOwn(errorCodes, word) && !ofSubgraphs.has(word));
}
