import { afterAll, beforeAll, describe } from "vitest";
import { redisProgram } from "#tests/harness/redis-server.ts";
import { type LiveFleet, startFleet } from "./fleet.ts";
import { nothingIsLost, nothingIsLostByRedis, plantedLossIsFound } from "./sweeps.ts";

const extent = { kills: 1, cuts: 40, outages: 1, supergraphs: 1, clients: 100, unread: 20_000_000 };

/** More than clients are waited for. */
const timeout = 180_000;

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await startFleet({ withRedis: redisProgram !== undefined });
});
afterAll(() => fleet?.stop());

describe("a loss", { timeout }, () => {
  plantedLossIsFound(() => fleet);
});

describe("clients that come back with their cursors are told everything, once and in order,", { timeout }, () => {
  nothingIsLost(() => fleet, extent);
});

describe.skipIf(!redisProgram)("the same (skipped without redis-server or NOVACRON_REDIS_SERVER)", { timeout }, () => {
  nothingIsLostByRedis(() => fleet, extent);
});
