import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { get } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askGraph } from "#tests/harness/product.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";

/** Resolves to the status, or to undefined if there is no response. */
const statusOnNewConnection = (url: URL): Promise<number | undefined> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", () => resolve(undefined));
  });

const canLimit = process.platform === "linux" && existsSync("/usr/bin/prlimit");

describe.skipIf(!canLimit)("a gateway without file handles (needs prlimit; skipped without it)", () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startGatewayProcess("type Query { word: String! }", (_request, response) => {
      response.end(JSON.stringify({ data: { word: "plain" } }));
    });
  });
  afterAll(() => gateway.stop());

  const handles = (): number => readdirSync(`/proc/${gateway.child.pid}/fd`).length;
  const limit = (count: number): void => {
    execFileSync("/usr/bin/prlimit", ["--pid", String(gateway.child.pid), `--nofile=${count}:`]);
  };

  it("fault 29: refuses new connections, answers on old ones, and answers on new ones when others have ended", async () => {
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
    // It does not have a handle for all of them: it refuses some, and answers the clients that are connected.
    await Promise.race(ended);
    expect((await askGraph(gateway.url, "{ word }")).errors).toEqual([]);
    for (const socket of sockets) socket.destroy();
    await Promise.all(ended);
    await expect.poll(() => statusOnNewConnection(new URL("/health/live", gateway.url)), { timeout: 20_000 }).toBe(200);
  });
});
