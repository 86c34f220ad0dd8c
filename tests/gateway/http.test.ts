import { connect } from "node:net";
import { serverAudits } from "graphql-http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatewayServer, startGateway } from "#gateway/http/server.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { type Behind, hello, json, startHello, supergraphSdl } from "./hello-gateway.ts";

const behind: Behind = { counted: 0, slow: Promise.resolve() };
let gateway: GatewayServer;
beforeAll(async () => {
  gateway = await startHello(true, {}, behind);
});
afterAll(() => gateway.close());

const post = (body: string, headers: Record<string, string> = json) =>
  fetch(gateway.url, { method: "POST", headers, body });
const get = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}?${new URLSearchParams(parameters).toString()}`, { headers });
const errorOf = async (response: Response) => {
  const { errors } = (await response.json()) as { errors: { extensions: Record<string, unknown> }[] };
  return `${response.status} ${errors.map(({ extensions }) => extensions["code"]).join(" ")}`;
};

describe("the audit of GraphQL over HTTP", () => {
  it.each(serverAudits({ url: () => gateway.url }))("$name", async (audit) => {
    const result = await audit.fn();
    const reason = "reason" in result ? `${result.reason} ${await result.response.text()}` : "";
    expect([result.status, reason]).toEqual(["ok", ""]);
  });
});

describe("an HTTP request that is no GraphQL request gets a specific error:", () => {
  it("attack 7: not JSON, or not GraphQL", async () => {
    expect(await errorOf(await post("qwerty cop { abc }"))).toBe("400 BAD_REQUEST");
    const qwerty = JSON.stringify({ query: "qwerty cop { abc }" });
    expect(await errorOf(await post(qwerty))).toBe("200 GRAPHQL_PARSE_FAILED");
    const accept = "application/graphql-response+json";
    expect(await errorOf(await post(qwerty, { ...json, accept }))).toBe("400 GRAPHQL_PARSE_FAILED");
  });

  it.each([
    ["a list", "[]"],
    ["a batch", `[${hello},${hello}]`],
    ["a string", '"query"'],
    ["null", "null"],
    ["without a query", "{}"],
    ["a query that is not a string", '{"query":1}'],
    ["variables that are a list", '{"query":"{ hello }","variables":[]}'],
    ["variables that are a string", '{"query":"{ hello }","variables":"{}"}'],
    ["an operation name that is not a string", '{"query":"{ hello }","operationName":{}}'],
  ])("of the wrong shape: %s", async (_what, body) => {
    expect(await errorOf(await post(body))).toBe("400 BAD_REQUEST");
  });

  it("attack 22: forms, plain text and what a page could send without a preflight", async () => {
    for (const type of [
      "application/x-www-form-urlencoded",
      "text/plain",
      "multipart/form-data; boundary=x",
      "message/rfc822",
    ])
      expect(await errorOf(await post(hello, { "content-type": type })), type).toBe("415 UNSUPPORTED_MEDIA_TYPE");
    expect(await errorOf(await post(hello, { "content-type": "application/json; charset=utf-16" }))).toBe(
      "415 UNSUPPORTED_MEDIA_TYPE",
    );
  });

  it("a body that is not UTF-8, and would become another text", async () => {
    const latin = Buffer.from('{"query":"{ hello(name: \\"Müller\\") }"}', "latin1");
    const response = await fetch(gateway.url, { method: "POST", headers: json, body: latin });
    expect(await errorOf(response)).toBe("400 BAD_REQUEST");
  });

  it("attack 20: a compressed body", async () => {
    expect(await errorOf(await post(hello, { ...json, "content-encoding": "gzip" }))).toBe(
      "415 UNSUPPORTED_MEDIA_TYPE",
    );
  });

  it("attack 11: a body of 5 MB", async () => {
    const response = await post(
      JSON.stringify({ query: "{ hello }", variables: { name: "x".repeat(5_000_000) } }),
    ).catch(() => undefined);
    // The connection may be cut before the response is read, because the server does not read the whole body.
    if (response) expect(await errorOf(response)).toBe("413 PAYLOAD_TOO_LARGE");
    expect((await post(hello)).status).toBe(200);
  });

  it("attack 6: a browser that requests a page gets none, unless GraphiQL is on", async () => {
    const response = await fetch(gateway.url, { headers: { accept: "text/html" } });
    expect(await errorOf(response)).toBe("406 NOT_ACCEPTABLE");
    expect(response.headers.get("content-type")).toContain("application/json");
  });

  it("other methods and other paths", async () => {
    const put = await fetch(gateway.url, { method: "PUT", headers: json, body: hello });
    expect([await errorOf(put), put.headers.get("allow")]).toEqual(["405 METHOD_NOT_ALLOWED", "GET, POST"]);
    expect(await errorOf(await fetch(gateway.url.replace("/graphql", "/other")))).toBe("404 NOT_FOUND");
  });

  it("an operation name that the document does not contain", async () => {
    expect(await errorOf(await post(JSON.stringify({ query: "query A { hello }", operationName: "B" })))).toBe(
      "200 OPERATION_RESOLUTION_FAILURE",
    );
    expect(await errorOf(await post(JSON.stringify({ query: "query A { hello } query B { hello }" })))).toBe(
      "200 OPERATION_RESOLUTION_FAILURE",
    );
  });

  it("variables of the wrong type", async () => {
    const body = JSON.stringify({ query: "query ($n: String) { hello(name: $n) }", variables: { n: 1 } });
    expect(await errorOf(await post(body))).toBe("200 BAD_USER_INPUT");
  });

  it("automatic persisted queries", async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } };
    expect(await errorOf(await post(JSON.stringify({ extensions })))).toBe("200 PERSISTED_QUERY_NOT_SUPPORTED");
  });
});

describe("attack 21: a mutation", () => {
  it("is executed by POST only", async () => {
    const before = behind.counted;
    const query = "mutation { count }";
    expect(await errorOf(await get({ query }))).toBe("405 METHOD_NOT_ALLOWED");
    expect(await errorOf(await get({ query }, { "apollo-require-preflight": "1" }))).toBe("405 METHOD_NOT_ALLOWED");
    expect(behind.counted).toBe(before);
    expect((await post(JSON.stringify({ query }))).status).toBe(200);
    expect(behind.counted).toBe(before + 1);
  });
});

describe("a page of another site", () => {
  const foreign: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "https://other.example" },
    { origin: "https://other.example" },
  ];
  it.each(foreign)("gets nothing executed: %j", async (headers) => {
    const response = await get({ query: "{ hello }" }, headers);
    expect(await errorOf(response)).toBe("403 FORBIDDEN");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("is distinguished from a page of this server by its origin, even without sec-fetch-site", async () => {
    const { origin } = new URL(gateway.url);
    expect((await post(hello, { ...json, origin })).status).toBe(200);
    expect(await errorOf(await post(hello, { ...json, origin: "null" }))).toBe("403 FORBIDDEN");
    expect(await errorOf(await post(hello, { ...json, origin: "http://127.0.0.1:1" }))).toBe("403 FORBIDDEN");
  });

  it("is accepted when its site is allowed", async () => {
    const origin = "https://console.example";
    const preflight = await fetch(gateway.url, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    const response = await post(hello, { ...json, origin, "sec-fetch-site": "cross-site" });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
  });
});

describe("an error", () => {
  it("has the id of its request, as the response has, and states whether to retry", async () => {
    const response = await post(JSON.stringify({ query: "{ nothing }" }));
    const { errors } = (await response.json()) as { errors: { extensions: object; locations: object }[] };
    expect(errors[0]).toMatchObject({
      locations: [{ line: 1, column: 3 }],
      extensions: {
        code: "GRAPHQL_VALIDATION_FAILED",
        requestId: response.headers.get("x-request-id"),
        retryable: false,
      },
    });
  });

  it("is reported only for the first five of many in a document", async () => {
    const query = `{ ${Array.from({ length: 19 }, (_, at) => `no${at}`).join(" ")} }`;
    const { errors } = (await (await post(JSON.stringify({ query }))).json()) as { errors: unknown[] };
    expect(errors).toHaveLength(5);
  });
});

describe("/health/ready", () => {
  it("case G44: is 200 while any part is available, and names the parts that are not", async () => {
    const parts = { auth: true, vms: false, monitoring: true };
    let fails = false;
    const server = await startGateway({
      supergraphSdl,
      introspection: false,
      planning: "this thread",
      transport: { send: async () => ({ data: null }), close: async () => undefined },
      identify: async () => anonymous,
      ready: async () => {
        if (fails) throw new Error("unexpected failure");
        return { ...parts };
      },
      needed: ["auth"],
      host: "127.0.0.1",
      port: 0,
    });
    const at = async (path: string) => {
      const response = await fetch(new URL(path, server.url));
      return [response.status, await response.json()];
    };
    expect(await at("/health/live")).toEqual([200, { status: "live" }]);
    expect(await at("/health/ready")).toEqual([200, { status: "degraded", degraded: ["vms"] }]);
    expect(await at("/health/ready?verbose")).toEqual([200, { status: "degraded", degraded: ["vms"], parts }]);
    parts.auth = false;
    expect(await at("/health/ready")).toEqual([503, { status: "not ready", degraded: ["auth", "vms"] }]);
    Object.assign(parts, { auth: true, vms: true });
    expect(await at("/health/ready")).toEqual([200, { status: "ready" }]);
    expect(await at("/health/ready?verbose")).toEqual([200, { status: "ready", parts }]);
    fails = true;
    expect((await at("/health/ready"))[0]).toBe(503);
    await server.close();
  });
});

it("a request that also offers HTTP/2, with its body in parts, is answered, and so is the next one on its connection", async () => {
  const { hostname, port } = new URL(gateway.url);
  const client = connect(Number(port), hostname);
  let answered = "";
  client.on("data", (data: Buffer) => (answered += data.toString()));
  const isAnswered = () => answered.includes('"hello":"world"');
  const head = (more: string) =>
    `POST /graphql HTTP/1.1\r\nHost: gateway\r\n${more}Content-Type: application/json\r\nContent-Length: ${hello.length}\r\n\r\n`;
  const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n";
  client.write(head(offer) + hello.slice(0, 5));
  await new Promise(setImmediate);
  client.write(hello.slice(5));
  while (!isAnswered()) await new Promise((resolve) => client.once("data", resolve));
  client.write(head("Connection: close\r\n") + hello);
  await new Promise((resolve) => client.once("close", resolve));
  expect(answered.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(answered.match(/"hello":"world"/g)).toHaveLength(2);
});
