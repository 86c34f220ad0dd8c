import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asset } from "#lib/assets.ts";
import { type Child, startChild } from "#tests/apart/child.ts";
import { mockSubgraph } from "#tests/gateway/mock-subgraph.ts";
import { askGraph } from "#tests/harness/product.ts";

/** The status, or undefined where there is no answer. */
const statusOnNewConnection = (url: URL): Promise<number | undefined> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", () => resolve(undefined));
  });

const canLimit = process.platform === "linux" && existsSync("/usr/bin/prlimit");
const sdl = "type Query { word: String! }";

describe.skipIf(!canLimit)("a gateway without file handles (needs prlimit; skipped without it)", () => {
  let folder: string;
  let subgraph: Server;
  let gateway: Child;

  beforeAll(async () => {
    const answer = mockSubgraph(sdl);
    subgraph = createServer((_request, response) => {
      void answer("{ word }", {}).then((result) => response.end(JSON.stringify(result)));
    });
    await new Promise<void>((resolve) => subgraph.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
    folder = mkdtempSync(join(tmpdir(), "novacron-handles-"));
    const file = join(folder, "supergraph.graphql");
    writeFileSync(file, composeServices([{ name: "words", typeDefs: parse(sdl), url }]).supergraphSdl ?? "");
    const options = ["gateway", "--supergraph", file, "--port", "0", "--open"];
    gateway = await startChild(asset("cli/bin.js"), { LOG_LEVEL: "silent" }, options);
  });
  afterAll(async () => {
    await gateway.end("SIGKILL");
    subgraph.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const handles = (): number => readdirSync(`/proc/${gateway.pid}/fd`).length;
  const limit = (count: number): void => {
    execFileSync("/usr/bin/prlimit", ["--pid", String(gateway.pid), `--nofile=${count}:`]);
  };

  it("fault 29: turns new connections away, answers on old ones, and on new ones when others have ended", async () => {
    await askGraph(gateway.url, "{ word }");
    const room = 8;
    limit(handles() + room);
    const { hostname, port } = new URL(gateway.url);
    const sockets: Socket[] = [];
    const ended: Promise<unknown>[] = [];
    for (let count = 0; count < 5 * room; count += 1) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      sockets.push(socket);
      ended.push(new Promise((resolve) => socket.once("close", resolve)));
    }
    // It has no handle for all of them: some it turns away, and who is connected is answered.
    await Promise.race(ended);
    expect((await askGraph(gateway.url, "{ word }")).errors).toEqual([]);
    for (const socket of sockets) socket.destroy();
    await Promise.all(ended);
    await expect.poll(() => statusOnNewConnection(new URL("/health/live", gateway.url)), { timeout: 20_000 }).toBe(200);
  });
});
