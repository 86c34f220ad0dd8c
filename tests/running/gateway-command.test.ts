import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asset } from "#lib/assets.ts";
import { mockSubgraph } from "#tests/gateway/mock-subgraph.ts";
import { type Child, startChild } from "#tests/separate-processes/child.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { askGraph } from "#tests/harness/product.ts";

const schemas = {
  books: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated"])
    type Query { book: Book } type Book @key(fields: "id") { id: ID! title: String secret: String @authenticated }`,
  prices: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
    type Book @key(fields: "id") { id: ID! price: Float }`,
};
const signatures: unknown[] = [];
const servers: Server[] = [];
let folder: string;
let supergraph: string;
let urls: Record<string, string>;
let gateway: Child;

async function serve(schema: string): Promise<string> {
  const answer = mockSubgraph(schema);
  const server = createServer((request, response) => {
    const signed = Object.keys(request.headers).filter((name) => name.startsWith("x-novacron"));
    if (signed.length > 0) signatures.push(signed);
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
      void answer(query, variables).then((result) => response.end(JSON.stringify(result)));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

function write(extra = ""): void {
  const services = Object.entries(schemas).map(([name, sdl]) => ({
    name,
    typeDefs: parse(`${sdl} ${name === "books" ? extra : ""}`),
    url: name === "prices" ? urls["prices"] : "http://nowhere.invalid/graphql",
  }));
  writeFileSync(supergraph, composeServices(services).supergraphSdl ?? "");
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "novacron-gateway-"));
  supergraph = join(folder, "supergraph.graphql");
  urls = { books: await serve(schemas.books), prices: await serve(schemas.prices) };
  write();
  const options = ["--supergraph", supergraph, "--url", `books=${urls["books"]}`, "--port", "0", "--open"];
  gateway = await startChild(bundle("cli/run.ts"), { LOG_LEVEL: "silent" }, ["gateway", ...options]);
});
afterAll(async () => {
  await gateway?.end("SIGKILL");
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("novacron gateway --open, in front of any supergraph", () => {
  it("queries the subgraphs at the URLs of the file or of --url, and sends them no headers of the product", async () => {
    const { data, errors } = await askGraph(gateway.url, "{ book { id title price } }");
    expect(errors).toEqual([]);
    expect(data.book).toMatchObject({ id: expect.any(String), price: expect.any(Number) });
    expect(signatures).toEqual([]);
  });

  it("still enforces the supergraph's authorization", async () => {
    const { data, errors } = await askGraph(gateway.url, "{ book { id secret } }");
    expect(data.book).toEqual({ id: expect.any(String), secret: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
  });

  it("has no limits", async () => {
    const aliases = Array.from({ length: 1_000 }, (_, at) => `a${at}: title`).join(" ");
    const { errors } = await askGraph(gateway.url, `{ book { ${aliases} } }`);
    expect(errors).toEqual([]);
  });

  it("fault 10, 11: reloads a changed file, and keeps the old one when the new one is invalid", async () => {
    const has = async (field: string) => (await askGraph(gateway.url, `{ ${field} }`)).errors.length === 0;
    expect(await has("newest { id }")).toBe(false);
    writeFileSync(supergraph, "type Query");
    write("extend type Query { newest: Book }");
    await expect.poll(() => has("newest { id }"), { timeout: 20_000 }).toBe(true);
    writeFileSync(supergraph, "no supergraph at all");
    // A later valid file shows that the invalid one was read.
    expect(await has("newest { id }")).toBe(true);
    write("extend type Query { newest: Book oldest: Book }");
    await expect.poll(() => has("oldest { id }"), { timeout: 20_000 }).toBe(true);
  });

  it("stops cleanly on SIGTERM", async () => {
    expect(await gateway.end("SIGTERM")).toBe(0);
  });
});

it("without --open it requires the keys that sign calls, and reports that", async () => {
  const start = (options: string[], env: Record<string, string> = {}) =>
    startChild(bundle("cli/run.ts"), env, ["gateway", "--supergraph", supergraph, "--port", "0", ...options]);
  await expect(start([])).rejects.toThrow("NOVACRON_SIGNING_KEYS");
  await expect(start(["--url", "books"])).rejects.toThrow("--url: books is not such as");
});

it("the product's own supergraph is not served without the URLs of its subgraphs", async () => {
  const options = ["gateway", "--supergraph", asset("supergraph.graphql"), "--port", "0", "--open"];
  await expect(startChild(bundle("cli/run.ts"), {}, options)).rejects.toThrow("SUBGRAPH_URL_AUTH");
});
