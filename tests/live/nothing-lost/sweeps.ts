import { setTimeout as delay } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { askGraph } from "#tests/harness/product.ts";
import { tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { areConnectionsKnown, expectNothingLeft } from "./connections.ts";
import { expectAllClientsReconnect } from "./all-clients-reconnect.ts";
import type { LiveFleet } from "./fleet.ts";
import { MessageDropper } from "./message-dropper.ts";
import { expectSlowReaderServed } from "./slow-reader.ts";
import { complaintsAfter, type Sweep, sweep } from "./sweep.ts";

export interface Extent {
  /** How often each of the processes is killed. */
  kills: number;
  /** How often a client's connection is cut. */
  cuts: number;
  /** How often databases, Redis and subgraphs become unavailable. */
  outages: number;
  /** How often the supergraph is replaced, a second apart. */
  supergraphs: number;
  /** How many clients reconnect at once. */
  clients: number;
  /** How many characters are written for a client that does not read. */
  unread: number;
}

/** The tests of one fleet. Each repairs what it breaks before it ends. */
export function nothingIsLost(fleet: () => LiveFleet, extent: Extent): void {
  it("fault 9: when gateways are killed and their clients reconnect to the other one", () =>
    sweep(fleet(), async ({ untilReceived, clients }) => {
      for (let kill = 0; kill < extent.kills; kill += 1) {
        await fleet().gateways[kill % 2]?.replace();
        await untilReceived(10);
      }
      // Each gateway had half of the clients.
      expect(clients.filter(({ closed }) => closed.length > 0).length).toBeGreaterThanOrEqual(extent.kills > 1 ? 4 : 2);
    }));

  it("when their connections are cut, each at other moments", () =>
    sweep(fleet(), async ({ untilReceived, clients }) => {
      for (let cut = 0; cut < extent.cuts; cut += 1) {
        clients[cut % clients.length]?.cut();
        await Promise.race([untilReceived(1), delay(Math.random() * 50)]);
      }
    }));

  it("when the process with the relays is killed", () =>
    sweep(fleet(), async ({ untilReceived }) => {
      for (let kill = 0; kill < extent.kills; kill += 1) {
        await fleet().jobs.replace();
        await untilReceived(10);
      }
    }));

  it("fault 1: when followed subgraphs are killed", () =>
    sweep(fleet(), async ({ untilReceived }) => {
      for (let outage = 0; outage < extent.outages; outage += 1)
        for (const name of ["vms", "monitoring", "federation"] as const) {
          await fleet().subgraphs[name].replace();
          await untilReceived(10);
        }
    }));

  it("fault 12: when PostgreSQL stops and starts again", () =>
    sweep(fleet(), async ({ untilReceived }) => {
      for (let outage = 0; outage < extent.outages; outage += 1) {
        await fleet().server.stopImmediately();
        await delay(500);
        await fleet().server.startAgain();
        await untilReceived(20);
      }
    }));

  it("when the supergraph is replaced every second", () =>
    sweep(fleet(), async ({ untilReceived }) => {
      let description = "";
      for (let count = 0; count < extent.supergraphs; count += 1) {
        description = fleet().reload();
        await Promise.all([untilReceived(5), delay(1_000)]);
      }
      const [tenant] = fleet().tenants;
      for (const { child } of fleet().gateways)
        await vi.waitFor(
          async () => {
            const { data } = await askGraph(
              child.url,
              '{ __type(name: "Subscription") { description } }',
              {},
              tenant?.token,
            );
            expect(data).toEqual({ __type: { description } });
          },
          { timeout: 30_000, interval: 100 },
        );
    }));

  it("fault 24: when one client does not read, which does not affect the others", () =>
    expectSlowReaderServed(fleet(), extent.unread));

  it("fault 25: when all lose their gateway at once and reconnect to it", () =>
    expectAllClientsReconnect(fleet(), extent.clients));
}

/** Runs after all other tests of a fleet. @param atStart how much a gateway had open before the first client connected */
export function nothingIsLeft(fleet: () => LiveFleet, atStart: () => number): void {
  it.skipIf(!areConnectionsKnown)(
    "and leave no socket behind when they have disconnected (skipped without /proc)",
    () => expectNothingLeft(fleet(), atStart()),
  );
}

/** @param pairs how many pairs of faults occur together */
export function nothingIsLostByTwoFaults(fleet: () => LiveFleet, pairs: number): void {
  it("fault 1, 9, 12: when two of these occur at once", () =>
    sweep(fleet(), async ({ untilReceived, clients }) => {
      const { gateways, jobs, subgraphs, server } = fleet();
      const faults = [
        () => gateways[0]?.replace(),
        () => gateways[1]?.replace(),
        () => jobs.replace(),
        () => subgraphs.vms.replace(),
        () => subgraphs.monitoring.replace(),
        () => subgraphs.federation.replace(),
        () => server.stopImmediately().then(() => server.startAgain()),
        async () => {
          for (const client of clients) client.cut();
        },
      ];
      for (let pair = 0; pair < pairs; pair += 1) {
        const one = pair % faults.length;
        const other = (one + 1 + Math.floor(pair / faults.length)) % faults.length;
        await Promise.all([faults[one]?.(), delay(Math.random() * 300).then(() => faults[other]?.())]);
        await untilReceived(5);
      }
    }));
}

/** The tests of a fleet with Redis. */
export function nothingIsLostByRedis(fleet: () => LiveFleet, { outages }: Pick<Extent, "outages">): void {
  it("fault 20, 21, 22: when Redis ends, hangs, and is flushed", () =>
    sweep(fleet(), async ({ untilReceived }) => {
      const { redis } = fleet();
      if (!redis) throw new Error("There is no Redis.");
      for (let outage = 0; outage < outages; outage += 1) {
        await redis.kill();
        await untilReceived(10);
        await redis.start();
        await untilReceived(10);
        redis.hang();
        await untilReceived(10);
        redis.resume();
        await redis.command("FLUSHALL");
        await untilReceived(10);
      }
    }));
}

/** Proves that the checker finds a loss. */
export function plantedLossIsFound(fleet: () => LiveFleet): void {
  it("with one message lost on its way to a client, and no later one, the checker reports exactly that loss", async () => {
    const dropper = new MessageDropper('"vmStateChanged":{');
    const proxy = await tcpProxy(fleet().gateways[0]?.child.url ?? "");
    proxy.fault = dropper.fault;
    const stealUnderWrites = async ({ untilReceived }: Sweep) => {
      dropper.isActive = true;
      await untilReceived(40);
    };
    const found = await complaintsAfter(fleet(), stealUnderWrites, [proxy.url], 1);
    await proxy.cut();
    expect(dropper.hasStolen).toBe(true);
    expect(found).toEqual([expect.stringMatching(/^client \d\.\d never received vm \S+ #\d+$/)]);
  });
}
