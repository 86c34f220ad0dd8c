import { sql } from "drizzle-orm";
import fc from "fast-check";
import type { Client } from "graphql-ws";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { statement } from "#db/statement.ts";
import { changeStates } from "#db/vms/state-writes.ts";
import type { FollowOptions } from "#examples/live/follow.ts";
import { ConnectionError, resumingClient } from "#examples/live/resuming-client.ts";
import { apolloOver, now, showVmStates as showByApollo } from "#examples/live/vm-states-apollo.ts";
import { showVmStates } from "#examples/live/vm-states.ts";
import type { SocketLimits } from "#gateway/sockets/socket-limits.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type TcpProxy, tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { until } from "./until.ts";

const { tenantId, id } = fleetOf(1);
const vms = 6;
let product: TestProduct;
let network: TcpProxy;
const names = new Map<string, string>();
/** What each VM is, and what was written, as an example prints it. */
const states = new Map<string, "running" | "paused">();
const written: string[] = [];
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const socketLimits: Partial<SocketLimits> = { pingMs: 50 };
  product = await bootProduct({ tenantId, withEvents: true, socketLimits });
  await insertFleet(product.urls, 1, vms);
  await product.databases.vms.write({ tenantId }, (tx) =>
    tx.execute(
      statement<never>(() => sql`update vms set state = 'running', origin_state = null where deleted_at is null`),
    ),
  );
  for (const vm of await fleet()) {
    names.set(vm.id, vm.name);
    states.set(vm.id, "running");
  }
  network = await tcpProxy(product.url);
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  network.fault = {};
  written.length = 0;
});
afterAll(async () => {
  await network.cut();
  await product.stop();
});

const fleet = async (): Promise<{ id: string; name: string; state: string }[]> =>
  (await product.ask("{ vms(first: 100) { nodes { id name state } } }")).data.vms.nodes;

/** Pauses the VMs one after the other, or has them go on. */
async function write(count: number): Promise<void> {
  const ids = [...names.keys()];
  for (let at = 0; at < count; at += 1) {
    const vmId = ids[written.length % ids.length] ?? "";
    const from = states.get(vmId) ?? "running";
    const to = from === "running" ? "paused" : "running";
    await product.databases.vms.write({ tenantId }, (tx) =>
      changeStates(tx, [{ vmId, from, to, reason: "of the test", initiatedBy: id("user", 1) }]),
    );
    states.set(vmId, to);
    written.push(`${names.get(vmId)}: ${from.toUpperCase()} → ${to.toUpperCase()}`);
  }
}

const connect = (options: { url?: string; token?: () => string } = {}): Client => {
  const client = resumingClient({ url: network.url, token: () => "anybody", ...options });
  ends.push(async () => client.dispose());
  return client;
};

/** What an example has printed, and what it takes the VMs to be. */
interface Shown {
  printed: string[];
  changes(): string[];
  states(): Map<string, string>;
  stop(): Promise<void>;
}

type Example = (
  client: Client,
  print: (line: string) => void,
  options: FollowOptions,
) => Shown["states"] & {
  ended?: Promise<void>;
};

const statesOf = (known: Iterable<{ id: string; state: string }>) =>
  new Map([...known].map((vm) => [vm.id, vm.state] as const).toSorted(([one], [other]) => one.localeCompare(other)));

const examples: Record<string, Example> = {
  "the client over graphql-ws": (client, print, options) => {
    const known = new Map<string, { id: string; name: string; state: string }>();
    const ended = showVmStates(client, print, options, known);
    return Object.assign(() => statesOf(known.values()), { ended });
  },
  "Apollo Client": (client, print, options) => {
    const apollo = apolloOver(client);
    const ended = showByApollo(apollo, print, options);
    const cached = () => apollo.readQuery<{ vms: { nodes: { id: string; state: string }[] } }>({ query: now });
    return Object.assign(() => statesOf(cached()?.vms.nodes ?? []), { ended });
  },
};

function show(example: Example, client: Client, after?: string): Shown & { ended: Promise<void> } {
  const ending = new AbortController();
  const printed: string[] = [];
  const known = example(client, (line) => printed.push(line), { signal: ending.signal, after });
  const ended = known.ended ?? Promise.resolve();
  const stop = async () => {
    ending.abort();
    await ended.catch(() => undefined);
  };
  ends.unshift(stop);
  return { printed, changes: () => printed.filter((line) => line.includes("→")), states: known, stop, ended };
}

async function cursorNow(): Promise<string> {
  const response = await fetch(product.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ __typename }", extensions: { cursor: true } }),
  });
  return ((await response.json()) as { extensions: { cursor: string } }).extensions.cursor;
}

/** How often a connection broke that somebody had. */
let broken = 0;

/** Breaks the first connection over which so many bytes have come to the client. */
function breakAfter(bytes: number): void {
  let left = bytes;
  network.fault = {
    toClient: (chunk, client, pass) => {
      if (left <= 0) return pass(chunk);
      left -= chunk.length;
      pass(chunk.subarray(0, Math.max(0, chunk.length + Math.min(0, left))));
      if (left > 0) return;
      broken += 1;
      client.resetAndDestroy();
    },
  };
}

const steps = fc.array(
  fc.record({
    cut: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 3_000 }) },
      { weight: 1, arbitrary: fc.constant("away" as const) },
    ),
    write: fc.integer({ min: 1, max: 12 }),
  }),
  { minLength: 6, maxLength: 10 },
);

async function writeOver({ cut, write: count }: { cut: number | "away"; write: number }): Promise<void> {
  if (cut !== "away") {
    const before = broken;
    breakAfter(cut);
    await write(count);
    // Pings go on when nothing is written.
    return void (await until(() => broken > before));
  }
  broken += network.open() > 0 ? 1 : 0;
  await network.cut();
  await write(count);
  await network.mend();
}

describe.each(Object.entries(examples))("%s", (_name, example) => {
  it("tells each change once and in order over connections that are cut anywhere, and ends with what is", async () => {
    broken = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        written.length = 0;
        network.fault = {};
        const client = connect();
        const shown = show(example, client);
        await until(() => shown.printed.length > 0);
        for (const step of all) await writeOver(step);
        network.fault = {};
        await until(() => shown.changes().length >= written.length);
        // What comes twice comes before this.
        await write(1);
        await until(() => shown.changes().length >= written.length);
        expect(shown.changes()).toEqual(written);
        expect(shown.states()).toEqual(statesOf(await fleet()));
        await shown.stop();
        await client.dispose();
      }),
      { numRuns: 5, endOnFailure: true },
    );
    expect(broken).toBeGreaterThan(10);
  });

  it("asks anew where what it missed is no longer kept, and goes on", async () => {
    const old = await cursorNow();
    // More than a gateway remembers by itself.
    await write(300);
    await asOwner(
      product.urls.url("vms"),
      (database) => database`update event_log set horizon_id = (select max(id) from outbox_events)`,
    );
    const shown = show(example, connect(), old);
    await until(() => shown.printed.length > 0);
    expect(shown.changes()).toEqual([]);
    expect(shown.states()).toEqual(statesOf(await fleet()));
    written.length = 0;
    await write(2);
    await until(() => shown.changes().length === 2);
    expect(shown.changes()).toEqual(written);
  });

  it("asks anew where its cursor is none", async () => {
    const shown = show(example, connect(), "nonsense");
    await until(() => shown.printed.length > 0);
    expect(shown.states()).toEqual(statesOf(await fleet()));
  });

  it("goes on after the cursor of an earlier life", async () => {
    const old = await cursorNow();
    await write(3);
    const shown = show(example, connect(), old);
    await until(() => shown.changes().length === 3);
    expect(shown.changes()).toEqual(written);
  });
});

describe("the resuming client", () => {
  /** A gateway that closes each socket with the next of these codes, and serves when there is none. */
  async function closing(...codes: number[]) {
    const tokens: unknown[] = [];
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "graphql-transport-ws" });
    await new Promise((resolve) => server.once("listening", resolve));
    server.on("connection", (socket) => {
      socket.on("message", (data) => {
        const message = JSON.parse(String(data)) as { type: string; id: string; payload?: { authorization?: string } };
        if (message.type === "connection_init") {
          tokens.push(message.payload?.authorization);
          const code = codes.shift();
          if (code === undefined) socket.send('{"type":"connection_ack"}');
          else socket.close(code, "of the test");
        }
        if (message.type === "subscribe")
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

  it.each([1001, 1013, 4410, 4413])("comes back after %d", async (code) => {
    const { url, tokens } = await closing(code);
    expect(await first(connect({ url }))).toEqual({ data: { answered: true } });
    expect(tokens).toHaveLength(2);
  });

  it.each([1009, 4400, 4401, 4406, 4409, 4411, 4412, 4429])("gives up after %d", async (code) => {
    const { url, tokens } = await closing(code, code, code);
    await expect(first(connect({ url }))).rejects.toMatchObject({ closeCode: code });
    expect(tokens).toHaveLength(1);
  });

  it("comes back with another token when one is refused, and sends none twice that was", async () => {
    const { url, tokens } = await closing(4403, 4403);
    const asked = ["expired", "new", "new"];
    const client = connect({ url, token: () => asked.shift() ?? "" });
    await expect(first(client)).rejects.toMatchObject({ closeCode: 4403 });
    expect(tokens).toEqual(["Bearer expired", "Bearer new"]);
  });

  it("is an error where nothing has ever answered", async () => {
    await expect(first(connect({ url: "http://127.0.0.1:1/graphql" }))).rejects.toBeInstanceOf(ConnectionError);
  });

  it("leaves nothing behind when it is disposed of while it looks for a connection", async () => {
    const { url } = await closing(...Array.from({ length: 50 }, () => 1013));
    const client = connect({ url });
    const events = client.iterate({ query: "{ answered }" });
    const failed = events.next();
    await client.dispose();
    expect(await failed).toEqual({ done: true, value: undefined });
  });
});
