import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "#gateway/create-gateway.ts";
import { Documents, type DocumentMode } from "#gateway/documents/documents.ts";
import { hashOf, readManifest } from "#gateway/documents/manifest.ts";
import type { GraphQLRequest } from "#gateway/requests/graphql-request.ts";
import { type GatewayServer, startGateway } from "#gateway/http/server.ts";
import { anonymous, type Identity } from "#lib/trust/request-context.ts";
import { answerOf } from "#tests/harness/answers.ts";

const composed = (schema: string) => {
  const { supergraphSdl, errors } = composeServices([{ name: "one", typeDefs: parse(schema), url: "http://one" }]);
  if (!supergraphSdl) throw new Error(String(errors));
  return supergraphSdl;
};
const schema = "type Query { hello: String other: String }";
const known = "query Hello { hello }";
const unknown = "query Other { other }";
const transport = { send: async () => ({ data: { hello: "world", other: "thing" } }), close: async () => undefined };
const options = { supergraphSdl: composed(schema), introspection: true, planning: "this thread", transport } as const;
const caller = (kind: "session" | "api_key"): Identity => ({
  ...anonymous,
  kind: "user",
  credential: { kind, id: "id" },
});

function gatewayWith(mode: DocumentMode, others: DocumentMode = mode) {
  const documents = new Documents(
    { session: others, api_key: mode, anonymous: others },
    readManifest(JSON.stringify({ [hashOf(known)]: known })),
  );
  const gateway = createGateway({ ...options, documents });
  return async (request: GraphQLRequest, identity: Identity = caller("api_key")) => {
    const context = {
      identity,
      requestId: "request",
      deadline: Date.now() + 10_000,
      signal: AbortSignal.timeout(10_000),
    };
    const { data, errors } = answerOf(await gateway.execute(request, context));
    return errors[0]?.extensions.code ?? data;
  };
}

describe("a known document", () => {
  it.each<DocumentMode>(["open", "audit", "safelist", "ids"])(
    "is executed by its id where the mode is %s",
    async (mode) => {
      const ask = gatewayWith(mode);
      const id = hashOf(known);
      for (const documentId of [id, `sha256:${id}`, id.toUpperCase()])
        expect(await ask({ documentId })).toEqual({ hello: "world" });
      expect(await ask({ extensions: { persistedQuery: { version: 1, sha256Hash: id } } })).toEqual({ hello: "world" });
      expect(await ask({ documentId: id, query: known })).toEqual({ hello: "world" });
    },
  );
});

describe("attack 60: a caller who is limited to known documents", () => {
  const hash = hashOf(unknown);
  it.each<[DocumentMode, GraphQLRequest, unknown]>([
    ["safelist", { query: known }, { hello: "world" }],
    ["safelist", { query: unknown }, "DOCUMENT_NOT_ALLOWED"],
    ["ids", { query: known }, "DOCUMENT_NOT_ALLOWED"],
    ["ids", { documentId: hash }, "DOCUMENT_UNKNOWN"],
    ["ids", { documentId: "no id" }, "DOCUMENT_ID_INVALID"],
    ["ids", { documentId: hashOf(known), query: unknown }, "DOCUMENT_MISMATCH"],
    ["ids", { documentId: hash, query: unknown }, "DOCUMENT_NOT_ALLOWED"],
    ["ids", { extensions: { persistedQuery: { sha256Hash: hash } }, query: unknown }, "DOCUMENT_NOT_ALLOWED"],
    ["ids", { extensions: { persistedQuery: { sha256Hash: hash } } }, "DOCUMENT_UNKNOWN"],
    ["safelist", { extensions: { persistedQuery: { sha256Hash: hash } } }, "PERSISTED_QUERY_NOT_SUPPORTED"],
    ["ids", { extensions: { persistedQuery: {} } }, "DOCUMENT_ID_INVALID"],
    ["ids", {}, "BAD_REQUEST"],
    ["audit", { query: unknown }, { other: "thing" }],
    ["open", { documentId: hash, query: unknown }, { other: "thing" }],
  ])("in mode %s, whose request is %j", async (mode, request, expected) => {
    const ask = gatewayWith(mode);
    expect(await ask(request)).toEqual(expected);
    // No document that a client sends becomes known by that.
    if (mode !== "audit" && mode !== "open") expect(await ask({ documentId: hash })).toBe("DOCUMENT_UNKNOWN");
  });

  it("is not limited with another kind of credential", async () => {
    const ask = gatewayWith("ids", "open");
    expect(await ask({ query: unknown }, caller("session"))).toEqual({ other: "thing" });
    expect(await ask({ query: unknown }, anonymous)).toEqual({ other: "thing" });
    expect(await ask({ query: unknown }, caller("api_key"))).toBe("DOCUMENT_NOT_ALLOWED");
  });
});

describe("attack 60: an operation name", () => {
  it("that contains another document's text does not execute that document", async () => {
    const ask = gatewayWith("ids", "open");
    const other = `${unknown} # ${known}`;
    expect(await ask({ query: other }, anonymous)).toEqual({ other: "thing" });
    for (const operationName of [` ${unknown} #`, `${unknown} #`, "Hello query Hello { hello }"])
      expect(await ask({ documentId: hashOf(known), operationName })).toBe("OPERATION_RESOLUTION_FAILURE");
    expect(await ask({ documentId: hashOf(known), operationName: "Hello" })).toEqual({ hello: "world" });
  });

  it("that is empty matches no operation, whatever was sent before", async () => {
    const ask = gatewayWith("open");
    for (const _ of [1, 2]) {
      expect(await ask({ query: known, operationName: "" })).toBe("OPERATION_RESOLUTION_FAILURE");
      expect(await ask({ query: known })).toEqual({ hello: "world" });
    }
  });
});

describe("a manifest", () => {
  const operations = [{ id: hashOf(known), body: known, name: "Hello", type: "query" }];
  it("is accepted in either form, and refused if an id is not its document's hash", () => {
    const document = { id: hashOf(known), name: "Hello", text: known };
    const format = "apollo-persisted-query-manifest";
    expect(readManifest(JSON.stringify({ format, version: 1, operations }))).toEqual([document]);
    expect(readManifest(JSON.stringify({ [`sha256:${hashOf(known)}`]: known }))).toEqual([document]);
    expect(() => readManifest(JSON.stringify({ [hashOf(unknown)]: known }))).toThrow(hashOf(unknown));
    expect(() => readManifest(JSON.stringify([known]))).toThrow(/record/);
    expect(() => readManifest("no JSON")).toThrow(SyntaxError);
  });
});

describe("over HTTP", () => {
  let server: GatewayServer;
  beforeAll(async () => {
    const documents = new Documents(undefined, readManifest(JSON.stringify({ [hashOf(known)]: known })));
    const own = { identify: async () => anonymous, ready: async () => true, host: "127.0.0.1", port: 0 };
    server = await startGateway({ ...options, ...own, documents });
  });
  afterAll(() => server.close());

  it("a known document has a URL, and a response that the client already has is not sent again", async () => {
    const address = `${server.url}/sha256:${hashOf(known)}`;
    const first = await fetch(address);
    const etag = first.headers.get("etag") ?? "";
    expect([first.status, await first.json(), etag]).toEqual([
      200,
      { data: { hello: "world" } },
      expect.stringMatching(/^"/),
    ]);
    expect(first.headers.get("cache-control")).toBe("private, no-cache");
    const again = await fetch(address, { headers: { "if-none-match": `"other", ${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await fetch(address, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  it("an unknown document has none", async () => {
    const response = await fetch(`${server.url}/${hashOf(unknown)}`);
    expect(await response.text()).toContain("DOCUMENT_UNKNOWN");
    expect(response.headers.get("etag")).toBeNull();
  });
});

describe("a new supergraph", () => {
  const context = { identity: anonymous, requestId: "request", deadline: Date.now() + 60_000 };
  const ask = async (gateway: ReturnType<typeof createGateway>, query: string) =>
    answerOf(await gateway.execute({ query }, { ...context, signal: AbortSignal.timeout(60_000) }));

  it("fault 10, 11: replaces the old one only if it is valid and every known document fits it", async () => {
    const documents = new Documents(undefined, readManifest(JSON.stringify({ [hashOf(known)]: known })));
    const gateway = createGateway({ ...options, documents });
    await expect(gateway.replaceSupergraph("no supergraph")).rejects.toThrow(/Syntax Error/);
    await expect(gateway.replaceSupergraph(composed("type Query { other: String }"))).rejects.toThrow("no longer fits");
    expect((await ask(gateway, known)).data).toEqual({ hello: "world" });
    await gateway.replaceSupergraph(composed("type Query { hello: String! new: Int }"));
    expect((await ask(gateway, "{ new }")).errors).toEqual([]);
    expect((await ask(gateway, unknown)).errors[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
    await gateway.stop();
  });

  it("replaces the old one only when its planner is ready, even if no document is known", async () => {
    const gateway = createGateway({ ...options, planning: "own thread" });
    const replaced = gateway.replaceSupergraph(composed("type Query { hello: String new: Int }"));
    // Only microtasks have run since; a thread takes longer.
    await Promise.resolve();
    expect((await ask(gateway, "{ new }")).errors[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
    await replaced;
    expect((await ask(gateway, "{ new }")).errors).toEqual([]);
    await gateway.stop();
  });

  it("is loaded while requests run, and none of them fails", async () => {
    const gateway = createGateway({ ...options, planning: "own thread" });
    const going = new AbortController();
    const querying = Array.from({ length: 2 }, async (_, index) => {
      let answered = 0;
      // Every document is new, so that one is always being planned.
      for (; !going.signal.aborted; answered += 1)
        expect((await ask(gateway, `query Q${index}_${answered} { hello }`)).errors).toEqual([]);
      return answered;
    });
    for (let reload = 0; reload < 2; reload += 1)
      await gateway.replaceSupergraph(composed(`${schema} type Unused${reload} { id: ID }`));
    going.abort();
    expect((await Promise.all(querying)).every((answered) => answered > 0)).toBe(true);
    await gateway.stop();
  });
});
