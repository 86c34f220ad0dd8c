import { afterAll, beforeAll, describe, it } from "vitest";
import { redisProgram } from "#tests/harness/redis-server.ts";
import { type LiveFleet, startFleet } from "./fleet.ts";
import { sweep } from "./sweep.ts";

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await startFleet({ withRedis: redisProgram !== undefined });
});
afterAll(() => fleet?.stop());

describe("a client that comes back with its cursors is told everything, once and in order,", () => {
  it("when nothing is broken", () => sweep(fleet, ({ told }) => told(50)));

  it("fault 9: when a gateway is killed, and those who were there come back to another", () =>
    sweep(fleet, async ({ told }) => {
      for (const gateway of fleet.gateways) {
        await gateway.replace();
        await told(20);
      }
    }));

  it("when whoever relays is killed", () =>
    sweep(fleet, async ({ told }) => {
      await fleet.jobs.replace();
      await told(20);
    }));
});
