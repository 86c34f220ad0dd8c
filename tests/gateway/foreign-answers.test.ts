import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { GraphQLError, GraphQLScalarType, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayServer } from "#gateway/http/server.ts";
import { ForeignSubgraph, gatewayBefore, posted, type Reply, supergraphOf } from "./foreign-subgraph.ts";

interface Answer {
  data?: unknown;
  errors?: { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

const apolloSchema = `scalar Even
  type Query { double(of: Even): Int  open: String  closed: String  limited: String }`;
const byHandSchema = `type Query { s: String  t: Int }  type Subscription { emitted: String }`;
const byHand = new ForeignSubgraph();
let apollo: ApolloServer;
let gateway: GatewayServer;
let apolloUrl: string;

beforeAll(async () => {
  const even = (value: unknown) => {
    if (Number(value) % 2 === 0) return value;
    throw new GraphQLError("Even cannot be odd.");
  };
  const refused = (code: string, status: number) => () => {
    throw new GraphQLError(`Refused with ${status}.`, { extensions: { code, http: { status } } });
  };
  const resolvers = {
    Even: new GraphQLScalarType({ name: "Even", parseValue: even }),
    Query: {
      double: (_source: unknown, { of }: { of: number }) => 2 * of,
      open: () => "open",
      closed: refused("FORBIDDEN", 403),
      limited: refused("RATE_LIMITED", 429),
    },
  };
  apollo = new ApolloServer({ schema: buildSubgraphSchema([{ typeDefs: parse(apolloSchema), resolvers }]) });
  ({ url: apolloUrl } = await startStandaloneServer(apollo, { listen: { port: 0, host: "127.0.0.1" } }));
  const sdl = supergraphOf({ apollo: apolloSchema, by_hand: byHandSchema });
  gateway = await gatewayBefore(
    sdl,
    { apollo: apolloUrl, by_hand: await byHand.start() },
    { failuresToOpen: Infinity },
  );
});
afterAll(async () => {
  await gateway.close();
  await apollo.stop();
  byHand.stop();
});

const ask = async (query: string, variables: object = {}): Promise<Answer> =>
  JSON.parse(await posted(gateway.url, JSON.stringify({ query, variables }))) as Answer;
const codes = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions["code"]);

describe("case G11: a response of an Apollo Server with a status other than 200 is its result", () => {
  it.each([
    ["variable", "query($of: Even) { double(of: $of) open s }", { of: 1 }, "BAD_USER_INPUT"],
    ["literal", "{ double(of: 1) open s }", {}, "GRAPHQL_VALIDATION_FAILED"],
  ])("400 to a %s that a custom scalar refuses", async (_what, query, variables, code) => {
    byHand.reply = { body: '{"data":{"s":"x"}}' };
    const answer = await ask(query, variables);
    expect(answer.errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining("Even cannot be odd."),
        extensions: expect.objectContaining({ code, retryable: false }),
      }),
    ]);
    expect(answer.data).toEqual({ double: null, open: null, s: "x" });
  });

  it.each([
    ["closed", "FORBIDDEN", false],
    ["limited", "RATE_LIMITED", true],
  ])("a status for the field %s, with the data of others", async (field, code, retryable) => {
    const answer = await ask(`{ open ${field} }`);
    expect(answer.data).toEqual({ open: "open", [field]: null });
    expect(answer.errors).toEqual([
      expect.objectContaining({ path: [field], extensions: expect.objectContaining({ code, retryable }) }),
    ]);
    expect(JSON.stringify(answer)).not.toContain("stacktrace");
  });
});

const json = "application/json; charset=utf-8";
const graphql = "application/graphql-response+json";
const notFound = '{"message":"gone","path":["s"],"extensions":{"code":"NOT_FOUND"}}';

describe("case G11, G12: a well-formed response is accepted", () => {
  it.each<[string, Reply, unknown, unknown[]]>([
    ["with errors: null", { body: '{"data":{"s":"x"},"errors":null}' }, { s: "x" }, []],
    ["with errors: []", { body: '{"data":{"s":"x"},"errors":[]}' }, { s: "x" }, []],
    ["with extensions: null", { body: '{"data":{"s":"x"},"extensions":null}' }, { s: "x" }, []],
    ["with extensions and other members", { body: '{"data":{"s":"x"},"extensions":{"a":1},"took":3}' }, { s: "x" }, []],
    ["as application/json with a charset", { type: json, body: '{"data":{"s":"x"}}' }, { s: "x" }, []],
    ["as application/graphql-response+json", { type: graphql, body: '{"data":{"s":"x"}}' }, { s: "x" }, []],
    ["without data, with errors", { body: `{"errors":[${notFound}]}` }, { s: null }, ["NOT_FOUND"]],
    ["with data: null and errors", { body: `{"data":null,"errors":[${notFound}]}` }, { s: null }, ["NOT_FOUND"]],
    [
      "with status 500 and data",
      { status: 500, body: `{"data":{"s":null},"errors":[${notFound}]}` },
      { s: null },
      ["NOT_FOUND"],
    ],
    ["with status 503 and data", { status: 503, type: graphql, body: '{"data":{"s":"x"}}' }, { s: "x" }, []],
    [
      "with status 404 and errors",
      { status: 404, type: graphql, body: `{"errors":[${notFound}]}` },
      { s: null },
      ["NOT_FOUND"],
    ],
    [
      "with errors whose members have other shapes",
      { body: '{"data":{"s":null},"errors":[{"message":"m","path":"s","locations":3,"extensions":"none"}]}' },
      { s: null },
      ["INTERNAL_SERVER_ERROR"],
    ],
  ])("%s", async (_what, reply, data, expected) => {
    byHand.reply = reply;
    const answer = await ask("{ s }");
    expect([answer.data, codes(answer)]).toEqual([data, expected]);
  });

  const secret = "secret-canary";
  it.each<[string, Reply]>([
    ["a body that is not JSON", { body: `<h1>${secret}</h1>` }],
    ["another document with status 400", { status: 400, body: `{"error":"${secret}"}` }],
    ["a page of a proxy with status 502", { status: 502, type: "text/html", body: `<h1>${secret}</h1>` }],
    ["a list", { body: `[{"data":{"s":"${secret}"}}]` }],
    ["neither data nor errors", { body: `{"extensions":{"a":"${secret}"}}` }],
    ["no data and an empty list of errors", { body: '{"errors":[]}' }],
    ["null data without errors", { body: '{"data":null}' }],
    ["only errors: null", { body: '{"errors":null}' }],
    ["data that is not an object", { body: `{"data":"${secret}"}` }],
    ["errors that are not a list", { body: `{"data":{"s":null},"errors":{"message":"${secret}"}}` }],
    ["an error without a message", { body: `{"data":{"s":"x"},"errors":[{"text":"${secret}"}]}` }],
    ["an error that is a string", { body: `{"data":{"s":"x"},"errors":["${secret}"]}` }],
    [
      "a refusal of the gateway's document",
      { status: 400, body: `{"errors":[{"message":"${secret}","extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}` },
    ],
  ])("and any other is SUBGRAPH_UNAVAILABLE, and none of its content is passed on: %s", async (_what, reply) => {
    byHand.reply = reply;
    const answer = await ask("{ s t }");
    expect(answer.data).toEqual({ s: null, t: null });
    expect(answer.errors?.map(({ path, extensions }) => [path, extensions["code"]])).toEqual([
      [["s"], "SUBGRAPH_UNAVAILABLE"],
      [["t"], "SUBGRAPH_UNAVAILABLE"],
    ]);
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it("and neither stack traces nor internal extensions of its errors are passed on", async () => {
    const hidden = `"stacktrace":["${secret}"],"exception":{"stacktrace":["${secret}"]},"serviceName":"${secret}"`;
    byHand.reply = {
      body: `{"data":{"s":null},"errors":[{"message":"gone","path":["s"],"extensions":{"code":"NOT_FOUND","field":"s",${hidden}}}]}`,
    };
    const answer = await ask("{ s }");
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: "NOT_FOUND", field: "s" });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });
});

describe("case G11, G12: a well-formed event of a subscription is accepted", () => {
  const followed = async (): Promise<string> => {
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: "subscription { emitted }" }),
    });
    return response.text();
  };

  it("with errors: null, and with data and errors", async () => {
    byHand.events = [
      '{"data":{"emitted":"a"},"errors":null}',
      '{"data":{"emitted":null},"errors":[{"message":"gone","path":["emitted"],"extensions":{"code":"NOT_FOUND"}}]}',
    ];
    const text = await followed();
    expect(text).toContain('{"data":{"emitted":"a"}');
    expect(text).toContain("NOT_FOUND");
  });

  it("and any other ends the subscription", async () => {
    byHand.events = [
      '{"data":{"emitted":"a"}}',
      '{"data":{"emitted":"b"},"errors":{"message":"secret-canary"}}',
      '{"data":{"emitted":"c"}}',
    ];
    const text = await followed();
    expect(text).toContain('{"data":{"emitted":"a"}');
    expect(text).toContain("SUBGRAPH_UNAVAILABLE");
    expect(text).not.toMatch(/secret-canary|"c"/);
  });
});

describe("case G11: a proxy's 503 without a GraphQL response", () => {
  it("is retried, and opens the circuit breaker", async () => {
    const sdl = supergraphOf({ by_hand: byHandSchema });
    const foreign = new ForeignSubgraph();
    const own = await gatewayBefore(
      sdl,
      { by_hand: await foreign.start() },
      { failuresToOpen: 3, firstProbeMs: 60_000, longestProbeMs: 60_000 },
    );
    const posting = () => posted(own.url, '{"query":"{ s }"}');
    try {
      foreign.reply = { status: 503, body: '{"errors":[{"message":"busy","extensions":{"code":"OVERLOADED"}}]}' };
      for (let request = 0; request < 4; request += 1) expect(await posting()).toContain("OVERLOADED");
      expect(foreign.received).toHaveLength(4);
      foreign.reply = { status: 503, type: "text/html", body: "<h1>busy</h1>" };
      expect(await posting()).toContain("SUBGRAPH_UNAVAILABLE");
      expect(foreign.received).toHaveLength(6);
      for (let request = 0; request < 4; request += 1) expect(await posting()).toContain("SUBGRAPH_UNAVAILABLE");
      const until = foreign.received.length;
      expect(await posting()).toContain("SUBGRAPH_UNAVAILABLE");
      expect(foreign.received).toHaveLength(until);
    } finally {
      await own.close();
      foreign.stop();
    }
  });
});
