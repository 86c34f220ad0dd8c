import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { nothingLost } from "./checker.ts";
import { droppingRelay } from "./dropping-relay.ts";
import { away, cut, killed, replaced } from "./faults.ts";
import { type DuringOptions, Sweep } from "./sweep.ts";

let urls: TestDatabases;
let sweep: Sweep;
beforeAll(async () => {
  urls = await cloneDatabases();
  sweep = await Sweep.start(urls);
  await sweep.connect(2);
});
afterAll(async () => {
  await sweep?.stop();
  await urls.drop();
});

/** @returns how many events were written */
async function nothingIsLost(during: () => Promise<void>, options: DuringOptions = {}): Promise<number> {
  const { written, verdicts } = await sweep.during(during, options);
  expect(verdicts).toEqual(sweep.clients.map(() => nothingLost));
  return written;
}

describe("a client that comes back with its cursors is told each change of a state, an alert and a step once and in order", () => {
  it("when its connection breaks again and again", async () => {
    expect(await nothingIsLost(() => cut(sweep, 10))).toBeGreaterThan(150);
  });

  it("fault 9: when a gateway is killed, and it goes on at another", async () => {
    await nothingIsLost(() => killed(sweep, sweep.installation.gateways, 2));
  });

  it("when the relay is killed", async () => {
    await nothingIsLost(() => killed(sweep, [sweep.installation.jobs], 2));
  });

  it("fault 1: when a subgraph is away for a while", async () => {
    const vms = sweep.installation.subgraphs.get("vms");
    if (!vms) throw new Error("There is no such subgraph.");
    await nothingIsLost(() => away(sweep, vms, 60));
  });

  it("when another supergraph is taken over", async () => {
    await nothingIsLost(() => replaced(sweep, 2, 500));
  });

  it("and the checker says so when one is not", async () => {
    const [gateway] = sweep.installation.gateways;
    await sweep.connect(1, [await droppingRelay(gateway?.url ?? "", 40)]);
    const { verdicts } = await sweep.during(() => sweep.untilWritten(200), { patienceMs: 2_000 });
    const lost = verdicts.filter((verdict) => verdict.lost.length > 0);
    expect(lost).toEqual([{ ...nothingLost, lost: [expect.any(String)], different: expect.any(Array) as unknown[] }]);
    expect(verdicts.filter((verdict) => verdict.lost.length === 0)).toEqual(Array(5).fill(nothingLost));
  });
});
