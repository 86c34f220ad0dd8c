import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { type OwnServer, ownServer } from "#tests/failure/own-server.ts";
import { redisProgram, type RedisServer, startRedis } from "#tests/harness/redis-server.ts";
import { nothingLost } from "./checker.ts";
import { away, cut, killed, replaced } from "./faults.ts";
import { type DuringOptions, Sweep } from "./sweep.ts";

/** A server of its own, which is stopped, and a Redis, where there is one. */
let server: OwnServer;
let redis: RedisServer | undefined;
let sweep: Sweep;
beforeAll(async () => {
  server = await ownServer(domains);
  redis = redisProgram ? await startRedis() : undefined;
  sweep = await Sweep.start(server.urls, redis ? { REDIS_URL: redis.url } : {});
});
afterAll(async () => {
  await sweep?.stop();
  await redis?.stop();
  await server?.urls.drop();
  await server?.clean();
});

/** @returns how many events were written */
async function nothingIsLost(during: () => Promise<void>, options: DuringOptions = {}): Promise<number> {
  const { written, verdicts } = await sweep.during(during, options);
  expect(verdicts).toEqual(sweep.clients.map(() => nothingLost));
  return written;
}

describe("a client that comes back with its cursors is told each change of a state, an alert and a step once and in order", () => {
  beforeAll(() => sweep.connect(3));

  it("when connections break hundreds of times", async () => {
    expect(await nothingIsLost(() => cut(sweep, 100), { pauseMs: 5 })).toBeGreaterThan(1_500);
    expect(sweep.clients.reduce((sum, { connections }) => sum + connections, 0)).toBeGreaterThan(200);
  });

  it("fault 9: when gateways are killed twenty times", async () => {
    await nothingIsLost(() => killed(sweep, sweep.installation.gateways, 20));
  });

  it("when the relay is killed twenty times", async () => {
    await nothingIsLost(() => killed(sweep, [sweep.installation.jobs], 20));
  });

  it("fault 1: when each subgraph is killed, and one after the other is away for a while", async () => {
    const subgraphs = [...sweep.installation.subgraphs.values()];
    await nothingIsLost(() => killed(sweep, subgraphs, 10));
    for (const subgraph of subgraphs) await nothingIsLost(() => away(sweep, subgraph, 60));
  });

  it("fault 12: when PostgreSQL is stopped and started", async () => {
    await nothingIsLost(async () => {
      for (let round = 0; round < 3; round += 1) {
        await sweep.untilWritten(50);
        await server.stopImmediately();
        await server.startAgain();
      }
      await sweep.untilWritten(50);
    });
  });

  it("when another supergraph is taken over each second for a minute", async () => {
    await nothingIsLost(() => replaced(sweep, 60, 1_000));
  });

  describe.skipIf(!redisProgram)("with Redis (skipped without redis-server or NOVACRON_REDIS_SERVER)", () => {
    it("fault 20: when it is killed, and back after a while", async () => {
      await nothingIsLost(async () => {
        await sweep.untilWritten(30);
        await redis?.kill();
        await sweep.untilWritten(200);
        await redis?.start();
        await sweep.untilWritten(100);
      });
    });

    it("fault 21: when it hangs for a while", async () => {
      await nothingIsLost(async () => {
        await sweep.untilWritten(30);
        redis?.hang();
        await sweep.untilWritten(200);
        redis?.resume();
        await sweep.untilWritten(100);
      });
    });

    it("fault 22: when it is emptied again and again", async () => {
      await nothingIsLost(async () => {
        for (let round = 0; round < 20; round += 1) {
          await sweep.untilWritten(20);
          await redis?.command("FLUSHALL");
        }
        await sweep.untilWritten(100);
      });
    });
  });
});
