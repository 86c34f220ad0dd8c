import { request as httpRequest } from "node:http";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatewayServer, type GatewayServerOptions, startGateway } from "#gateway/http/server.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { type Browser, chromiumProgram, needsChromium, type Page, startBrowser } from "#tests/harness/browser.ts";

const schema = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@authenticated"])
  type Query { hello(name: String): String }
  type Subscription { ticks: Int @authenticated }`;
const { supergraphSdl = "" } = composeServices([{ name: "one", typeDefs: parse(schema), url: "http://one" }]);

const example = {
  query: 'query Greet($name: String = "</div>\\"") { hello(name: $name) }',
  variables: { name: "Ada" },
};
const authorizations = new Set<string | undefined>();
const followers = new Set<string>();
const start = (graphiql: GatewayServerOptions["graphiql"]) =>
  startGateway({
    graphiql,
    supergraphSdl,
    introspection: true,
    planning: "this thread",
    transport: {
      send: async (_subgraph, { variables }) => ({
        data: { hello: `Hello, ${Object.values(variables ?? {}).join()}.` },
      }),
      close: async () => undefined,
    },
    identify: async ({ headers }) => {
      authorizations.add(headers.authorization);
      return headers.authorization === undefined ? anonymous : { ...anonymous, kind: "user", id: "ann" };
    },
    subscriptions: {
      subscribe: async function* (_subgraph, _request, { identity }) {
        for (const ticks of [1, 2]) yield [{ position: String(ticks), result: { data: { ticks } } }];
        followers.add(identity.kind);
      },
      position: async () => "0",
      close: async () => undefined,
    },
    ready: async () => true,
    host: "127.0.0.1",
    port: 0,
  });

let gateway: GatewayServer;
beforeAll(async () => {
  gateway = await start({ example: () => example, credential: 'the "key" of admin.json' });
});
afterAll(() => gateway.close());

/** The `Accept` header of a browser that navigates to an address. */
const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const page = (method = "GET") => fetch(gateway.url, { method, headers: { accept } });
/** Returns the URLs of what the page loads. */
const loadedBy = (html: string) =>
  [...html.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, path = ""]) => new URL(path, gateway.url));

describe("GraphiQL in development", () => {
  it("attack 6: is the page that a browser gets when it navigates to the graph", async () => {
    const response = await page();
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(await response.text()).toContain("<title>GraphiQL</title>");
    const head = await page("HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-length")).toBe(response.headers.get("content-length"));
  });

  it("loads scripts and styles only from this server, which marks them as immutable", async () => {
    const urls = loadedBy(await (await page()).text()).filter(({ protocol }) => protocol !== "data:");
    expect(urls).toHaveLength(5);
    for (const url of urls) {
      expect(url.origin).toBe(new URL(gateway.url).origin);
      const response = await fetch(url);
      expect(response.status, url.href).toBe(200);
      expect(response.headers.get("content-type")).toMatch(
        url.pathname.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
      );
      expect(response.headers.get("cache-control")).toContain("immutable");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(Number(response.headers.get("content-length"))).toBe((await response.arrayBuffer()).byteLength);
    }
  });

  it("forbids the browser to load from elsewhere, to run inline scripts, and to frame the page", async () => {
    const { headers } = await page();
    const policy = (headers.get("content-security-policy") ?? "").split("; ");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.join()).not.toMatch(/https?:|\*/);
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("is not sent to programs, nor to a browser whose URL has an operation", async () => {
    const query = `${gateway.url}?query=${encodeURIComponent("{ hello }")}`;
    for (const [url, accepted] of [
      [query, "application/json"],
      [query, "*/*"],
      [query, accept],
      [gateway.url, "application/json, text/html;q=0.9"],
      [gateway.url, "*/*"],
    ] as const) {
      const response = await fetch(url, { headers: { accept: accepted } });
      expect(response.headers.get("content-type"), `${url} ${accepted}`).toContain("application/json");
      expect(response.status).toBe(url === query ? 200 : 400);
    }
  });

  it("serves no other files below its path", async () => {
    const [script] = loadedBy(await (await page()).text()).filter(({ pathname }) => pathname.endsWith("start.js"));
    const folder = script?.pathname.replace("start.js", "");
    for (const path of [
      "/graphiql",
      "/graphiql/",
      "/graphiql/start.js",
      "/graphiql/0000000000000000/start.js",
      `${folder}react.js`,
      `${folder}../../package.json`,
      `${folder}..%2f..%2fpackage.json`,
      `${folder}%2e%2e/%2e%2e/package.json`,
      "/graphiql/../../../../etc/passwd",
      "/graphiql/constructor",
    ])
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    expect(await statusOf(script?.pathname ?? "")).toBe(200);
  });
});

/** Resolves to the status of a path as it is; `fetch` would resolve its dots. */
const statusOf = (path: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    httpRequest(gateway.url, { path, agent: false }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    })
      .once("error", reject)
      .end();
  });

it("attack 6: without GraphiQL, as in production, there is neither the page nor what it would load", async () => {
  const bare = await start(undefined);
  try {
    const response = await fetch(bare.url, { headers: { accept: "text/html" } });
    expect(response.status).toBe(406);
    for (const { pathname } of loadedBy(await (await page()).text()).filter(({ protocol }) => protocol !== "data:"))
      expect((await fetch(new URL(pathname, bare.url))).status, pathname).toBe(404);
  } finally {
    await bare.close();
  }
});

const withBrowser = chromiumProgram ? "" : ` (skipped: ${needsChromium})`;
describe.skipIf(!chromiumProgram)(`in a browser that reaches only this machine${withBrowser}`, () => {
  let browser: Browser;
  let opened: Page;
  beforeAll(async () => {
    browser = await startBrowser();
    opened = await browser.open(gateway.url);
    await opened.appears(`document.querySelector(".graphiql-execute-button") !== null`);
  });
  afterAll(() => browser?.close());

  const headersBox = `document.querySelector('.graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror')?.CodeMirror`;
  const queryBox = `document.querySelector(".graphiql-query-editor .CodeMirror")?.CodeMirror`;
  /** Waits until GraphiQL has parsed the text, because it runs the operation that it knows. */
  const writeSubscription = async (at: Page) => {
    await at.evaluate(`${queryBox}.setValue("subscription Ticks { ticks }")`);
    await at.appears(`document.querySelector(".graphiql-tab-button")?.textContent.includes("Ticks")`);
  };
  const run = () => opened.evaluate(`document.querySelector(".graphiql-execute-button").click()`);
  const setHeaders = (headers: object) =>
    opened.evaluate(`${headersBox}.setValue(${JSON.stringify(JSON.stringify(headers))})`);

  it("case G28: the headers editor shows what to paste, and until then sends nothing of it", async () => {
    expect(JSON.parse(String(await opened.appears(`${headersBox}?.getValue()`)))).toEqual({
      authorization: 'Bearer <the "key" of admin.json>',
    });
    expect([...authorizations]).toEqual([undefined]);
  });

  it("GraphiQL shows the example, runs it with the given headers, and shows the response", async () => {
    expect(await opened.appears(`${queryBox}?.getValue()`)).toBe(example.query);
    await setHeaders({ authorization: "Bearer the-secret-token" });
    await run();
    const answer = `document.querySelector(".result-window")?.textContent.match(/"hello": "([^"]*)"/)?.[1]`;
    expect(await opened.appears(answer)).toBe("Hello, Ada.");
    expect(authorizations).toContain("Bearer the-secret-token");
  });

  it("GraphiQL stores the operation, and no headers", async () => {
    const stored = () => opened.evaluate("JSON.stringify(localStorage)");
    await expect.poll(stored).toContain("graphiql:queries");
    await expect.poll(stored).toContain("graphiql:tabState");
    expect(await stored()).toContain("Greet");
    expect(await stored()).not.toContain("the-secret-token");
  });

  it("case G28: a subscription shows its events, with the rights of the key in the headers editor", async () => {
    await writeSubscription(opened);
    authorizations.clear();
    await run();
    const expression = `document.querySelector(".result-window")?.textContent.includes('"ticks": 2')`;
    expect(await opened.appears(expression)).toBe(true);
    expect([[...authorizations], [...followers]]).toEqual([["Bearer the-secret-token"], ["user"]]);
  });

  it("case G28: a subscription without a key shows that it is refused, and the page shows again what to paste", async () => {
    const again = await browser.open(gateway.url);
    expect(await again.appears(`${headersBox}?.getValue()`)).toContain('Bearer <the \\"key\\" of admin.json>');
    await writeSubscription(again);
    await again.evaluate(`document.querySelector(".graphiql-execute-button").click()`);
    const expression = `document.querySelector(".result-window")?.textContent.match(/"code": "(\\w+)"/)?.[1]`;
    expect(await again.appears(expression)).toBe("UNAUTHENTICATED");
  });

  it("case G15: a browser's EventSource receives the reason why a subscription is refused, and the end of its stream", async () => {
    const address = `${gateway.url}?query=${encodeURIComponent("subscription { nope }")}`;
    const output = await opened.evaluate(`new Promise((resolve, reject) => {
      const source = new EventSource(${JSON.stringify(address)});
      const received = [];
      source.addEventListener("next", ({ data }) => received.push(JSON.parse(data).errors[0].extensions.code));
      source.addEventListener("complete", () => {
        source.close();
        resolve([...received, "complete"]);
      });
      source.onerror = () => reject(new Error("The stream failed."));
    })`);
    expect(output).toEqual(["GRAPHQL_VALIDATION_FAILED", "complete"]);
  });

  it("GraphiQL shows the schema", async () => {
    await opened.evaluate(`document.querySelector('[aria-label="Show Documentation Explorer"]').click()`);
    const types = `document.querySelector(".graphiql-doc-explorer-content")?.textContent.includes("Query")`;
    expect(await opened.appears(types)).toBe(true);
  });

  it("GraphiQL requested nothing from other servers, and the browser reports no problem", () => {
    const { origin } = new URL(gateway.url);
    const elsewhere = opened.requested.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:"));
    expect(elsewhere).toEqual([]);
    expect(opened.requested.filter((url) => url.startsWith(`${origin}/graphiql/`))).toHaveLength(5);
    expect(opened.complaints).toEqual([]);
  });
});
