import { afterAll, beforeAll, describe } from "vitest";
import { extent } from "#tests/harness/extent.ts";
import { redisProgram } from "#tests/harness/redis-server.ts";
import { areConnectionsKnown, openFiles } from "./connections.ts";
import { type LiveFleet, startFleet } from "./fleet.ts";
import {
  nothingIsLeft,
  nothingIsLost,
  nothingIsLostByRedis,
  nothingIsLostByTwoFaults,
  plantedLossIsFound,
} from "./sweeps.ts";

/** Each process is killed more than once, and each fault occurs with two others; a sweep has all pairs. */
const faults = {
  kills: extent(6, 20),
  cuts: extent(200, 400),
  outages: extent(2, 3),
  supergraphs: extent(15, 60),
  clients: 1_000,
  unread: 60_000_000,
};
const pairs = extent(8, 28);

let fleet: LiveFleet;
let atStart = 0;

describe("clients that resume with their cursors receive everything, once and in order, over PostgreSQL alone", () => {
  beforeAll(async () => {
    fleet = await startFleet({ withRedis: false });
    if (areConnectionsKnown) atStart = openFiles(fleet.gateways[0]?.child.pid ?? 0);
  });
  afterAll(() => fleet?.stop());
  plantedLossIsFound(() => fleet);
  nothingIsLost(() => fleet, faults);
  nothingIsLostByTwoFaults(() => fleet, pairs);
  nothingIsLeft(
    () => fleet,
    () => atStart,
  );
});

describe.skipIf(!redisProgram)("over Redis (skipped without redis-server or NOVACRON_REDIS_SERVER)", () => {
  beforeAll(async () => {
    fleet = await startFleet({ withRedis: true });
  });
  afterAll(() => fleet?.stop());
  nothingIsLost(() => fleet, { ...faults, kills: 2, cuts: 40, outages: 1, supergraphs: 1, clients: 100 });
  nothingIsLostByRedis(() => fleet, faults);
});
