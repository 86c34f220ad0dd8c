import type { Client } from "graphql-ws";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { ConnectionError, resumingClient, type ResumingClientOptions } from "#examples/live/resuming-client.ts";
import { showVmStates } from "#examples/live/vm-states.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { bootProduct } from "#tests/harness/product.ts";
import { id, move, runningFleet, tenantId } from "./running-fleet.ts";
import { until } from "./until.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const connect = (options: Partial<ResumingClientOptions> & { url: string }): Client => {
  const client = resumingClient({ token: () => "anybody", ...options });
  ends.unshift(async () => client.dispose());
  return client;
};

describe("the resuming client", () => {
  /** Starts a gateway that closes each socket with the next of these codes, or stays silent on it, and serves when no code is left. */
  async function closing(...codes: (number | "silent")[]) {
    const tokens: unknown[] = [];
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "graphql-transport-ws" });
    await new Promise((resolve) => server.once("listening", resolve));
    server.on("connection", (socket) => {
      let isSilent = false;
      socket.on("message", (data) => {
        const message = JSON.parse(String(data)) as { type: string; id: string; payload?: { authorization?: string } };
        if (message.type === "connection_init") {
          tokens.push(message.payload?.authorization);
          const code = codes.shift();
          isSilent = code === "silent";
          if (typeof code === "number") socket.close(code, "of the test");
          else socket.send('{"type":"connection_ack"}');
        }
        if (message.type === "subscribe" && !isSilent)
          socket.send(JSON.stringify({ id: message.id, type: "next", payload: { data: { answered: true } } }));
      });
    });
    ends.push(async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/graphql`, tokens };
  }
  const first = async (client: Client) => (await client.iterate({ query: "{ answered }" }).next()).value as unknown;

  it.each([1001, 1013, 4408, 4410, 4413])("reconnects after %d", async (code) => {
    const { url, tokens } = await closing(code);
    expect(await first(connect({ url }))).toEqual({ data: { answered: true } });
    expect(tokens).toHaveLength(2);
  });

  it.each([1009, 4400, 4401, 4406, 4409, 4411, 4412, 4429])("gives up after %d", async (code) => {
    const { url, tokens } = await closing(code, code, code);
    await expect(first(connect({ url }))).rejects.toMatchObject({ closeCode: code });
    expect(tokens).toHaveLength(1);
  });

  it("reconnects with another token when one is refused, and sends no refused token again", async () => {
    const { url, tokens } = await closing(4403, 4403);
    const offered = ["expired", "new", "new"];
    const client = connect({ url, token: () => offered.shift() ?? "" });
    await expect(first(client)).rejects.toMatchObject({ closeCode: 4403 });
    expect(tokens).toEqual(["Bearer expired", "Bearer new"]);
  });

  it("replaces a connection that has gone silent", async () => {
    const { url, tokens } = await closing("silent");
    expect(await first(connect({ url, longestSilenceMs: 100 }))).toEqual({ data: { answered: true } });
    expect(tokens).toHaveLength(2);
  });

  it("resumes with another key when its key is revoked, and misses nothing", async () => {
    const guarded = await bootProduct({ authenticates: true, withEvents: true });
    ends.push(() => guarded.stop());
    await runningFleet(guarded, 1);
    const { auth } = guarded.databases;
    const { id: userId } = await makeUser(auth, { tenantId, role: "admin" });
    const keys = [await makeApiKey(auth, { tenantId, userId }), await makeApiKey(auth, { tenantId, userId })];
    const [revoked, other] = keys.map(({ key }) => key);
    let token = revoked;
    const lost: string[] = [];
    const client = resumingClient({ url: guarded.url, token: () => token ?? "", onLost: (why) => lost.push(why) });
    ends.unshift(async () => client.dispose());
    const printed: string[] = [];
    const ending = new AbortController();
    const shown = showVmStates(client, (line) => printed.push(line), { signal: ending.signal });
    ends.unshift(async () => {
      ending.abort();
      await shown;
    });
    await until(() => printed.length > 0);
    const vmId = id("vm", 1);
    await move(guarded, { vmId, from: "running", to: "paused" });
    token = other;
    const mutation = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { id } } }";
    await guarded.ask(mutation, { input: { id: keys[0]?.id } }, other);
    await until(() => lost.length === 1);
    await move(guarded, { vmId, from: "paused", to: "running" });
    await until(() => printed.length === 3);
    expect(lost[0]).toMatch(/^4403/);
    expect(printed.slice(1).map((line) => line.replace(/.*: /, ""))).toEqual(["RUNNING → PAUSED", "PAUSED → RUNNING"]);
  });

  it("reports a ConnectionError where no server has ever answered", async () => {
    await expect(first(connect({ url: "http://127.0.0.1:1/graphql" }))).rejects.toBeInstanceOf(ConnectionError);
  });

  it("leaves nothing behind when it is disposed of while it reconnects", async () => {
    const { url } = await closing(...Array.from({ length: 50 }, () => 1013));
    const client = connect({ url });
    const events = client.iterate({ query: "{ answered }" });
    const failed = events.next();
    await client.dispose();
    expect(await failed).toEqual({ done: true, value: undefined });
  });
});
