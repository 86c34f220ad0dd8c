import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import type { Client } from "graphql-ws";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FollowOptions } from "#examples/live/follow.ts";
import { resumingClient } from "#examples/live/resuming-client.ts";
import { apolloOver, now, showVmStates as showByApollo } from "#examples/live/vm-states-apollo.ts";
import { showVmStates } from "#examples/live/vm-states.ts";
import type { SocketLimits } from "#gateway/sockets/socket-limits.ts";
import { asset } from "#lib/assets.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type TcpProxy, tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { move, runningFleet, tenantId } from "./running-fleet.ts";
import { until } from "./until.ts";

let product: TestProduct;
let network: TcpProxy;
const names = new Map<string, string>();
/** The state of each VM, and the changes that were written, as an example prints them. */
const states = new Map<string, "running" | "paused">();
const written: string[] = [];
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const socketLimits: Partial<SocketLimits> = { pingMs: 50 };
  product = await bootProduct({ tenantId, withEvents: true, socketLimits });
  await runningFleet(product, 6);
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

/** Pauses the VMs one after the other, or resumes them. */
async function write(count: number): Promise<void> {
  const ids = [...names.keys()];
  for (let at = 0; at < count; at += 1) {
    const vmId = ids[written.length % ids.length] ?? "";
    const from = states.get(vmId) ?? "running";
    const to = from === "running" ? "paused" : "running";
    await move(product, { vmId, from, to });
    states.set(vmId, to);
    written.push(`${names.get(vmId)}: ${from.toUpperCase()} → ${to.toUpperCase()}`);
  }
}

const connect = (options: { url?: string; token?: () => string } = {}): Client => {
  const client = resumingClient({ url: network.url, token: () => "anybody", ...options });
  ends.push(async () => client.dispose());
  return client;
};

/** An example that runs: a promise of its end, and the states of the VMs as it knows them. */
interface Running {
  ended: Promise<void>;
  states(): Map<string, string>;
}
type Example = (client: Client, print: (line: string) => void, options: FollowOptions) => Running;

const statesOf = (known: Iterable<{ id: string; state: string }>) =>
  new Map([...known].map((vm) => [vm.id, vm.state] as const).toSorted(([one], [other]) => one.localeCompare(other)));

const byGraphqlWs: Example = (client, print, options) => {
  const known = new Map<string, { id: string; name: string; state: string }>();
  return { ended: showVmStates(client, print, options, known), states: () => statesOf(known.values()) };
};
const byApollo: Example = (client, print, options) => {
  const apollo = apolloOver(client);
  const cached = () => apollo.readQuery<{ vms: { nodes: { id: string; state: string }[] } }>({ query: now });
  return { ended: showByApollo(apollo, print, options), states: () => statesOf(cached()?.vms.nodes ?? []) };
};

/** Runs an example until it is stopped, at the end of a test at the latest. */
function show(example: Example, client: Client, after?: string) {
  const ending = new AbortController();
  const printed: string[] = [];
  const { ended, states: shown } = example(client, (line) => printed.push(line), { signal: ending.signal, after });
  const stop = async () => {
    ending.abort();
    await ended;
  };
  ends.unshift(stop);
  return { printed, changes: () => printed.filter((line) => line.includes("→")), states: shown, stop };
}

async function cursorNow(): Promise<string> {
  const response = await fetch(product.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ __typename }", extensions: { cursor: true } }),
  });
  return ((await response.json()) as { extensions: { cursor: string } }).extensions.cursor;
}

/** How many open connections broke. */
let broken = 0;

/** Breaks the first connection over which this many bytes have reached the client. */
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
    // Pings continue when nothing is written.
    return void (await until(() => broken > before));
  }
  broken += network.open() > 0 ? 1 : 0;
  await network.cut();
  await write(count);
  await network.mend();
}

describe.each([
  ["the client over graphql-ws", byGraphqlWs, "vm-states.ts"],
  ["Apollo Client", byApollo, "vm-states-apollo.ts"],
])("%s", (_name, example, program) => {
  it("emits each change once and in order over connections that are cut anywhere, and ends with the current states", async () => {
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
        // A repeated event would arrive before this one.
        await write(1);
        await until(() => shown.changes().length >= written.length);
        expect(shown.changes()).toEqual(written);
        expect(shown.states()).toEqual(statesOf(await fleet()));
        await shown.stop();
        await client.dispose();
      }),
      { numRuns: 2, endOnFailure: true },
    );
    expect(broken).toBeGreaterThan(5);
  });

  it("queries the states again where the missed events are no longer kept, and continues", async () => {
    const old = await cursorNow();
    // More than a gateway buffers itself.
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

  it("queries the states again where its cursor is invalid", async () => {
    const shown = show(example, connect(), "nonsense");
    await until(() => shown.printed.length > 0);
    expect(shown.states()).toEqual(statesOf(await fleet()));
  });

  it("runs as a program, which exits with 0 at Ctrl-C, and with 1 where no server answers", async () => {
    const run = (url: string) => {
      const child = spawn(process.execPath, ["--import", "tsx", asset(`examples/live/${program}`), url], {
        env: { ...process.env, NOVACRON_API_KEY: "anybody" },
      });
      const output = { stdout: "", stderr: "" };
      child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
      ends.push(async () => child.kill("SIGKILL"));
      return { child, output, ended: once(child, "close") };
    };
    const { child, output, ended } = run(product.url);
    await until(() => /RUNNING|PAUSED/.test(output.stdout));
    await write(1);
    await until(() => output.stdout.includes(written[0] ?? "nothing"));
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    const nowhere = run("http://127.0.0.1:1/graphql");
    expect(await nowhere.ended).toEqual([1, null]);
    expect(nowhere.output.stderr).toMatch(/^http:\/\/127\.0\.0\.1:1\/graphql cannot be reached: .*ECONNREFUSED/);
  });

  it("resumes after the cursor of an earlier run", async () => {
    const old = await cursorNow();
    await write(3);
    const shown = show(example, connect(), old);
    await until(() => shown.changes().length === 3);
    expect(shown.changes()).toEqual(written);
  });
});
