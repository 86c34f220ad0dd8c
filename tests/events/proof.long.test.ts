import { beforeAll, describe, expect, it } from "vitest";
import { redisProgram } from "#tests/harness/redis-server.ts";
import { checkDelivery, type Write } from "./delivery-check.ts";
import { kills, type ProofRun, runProof } from "./proof-run.ts";
import { expectedSums } from "./sums-consumer.ts";

const seed = Number(process.env["NOVACRON_PROOF_SEED"] ?? 20_260_722);
const nothing = { lost: [], invented: [], disordered: [] };

describe(`events of four writers, while relays, PostgreSQL and ${redisProgram ? "Redis" : "no Redis (there is no redis-server)"} fail (NOVACRON_PROOF_SEED=${seed}),`, () => {
  let run: ProofRun;
  let committed: Write[];
  beforeAll(async () => {
    run = await runProof(seed);
    const known = new Map(run.attempts.map((attempt) => [attempt.operation, attempt]));
    // What the writer does not know comes from the business table, never from the product's event log.
    committed = run.inTables.filter(({ operation }) => known.get(operation)?.outcome !== "rolled back");
    const count = (outcome: string) => run.attempts.filter((attempt) => attempt.outcome === outcome).length;
    const repeats = [...run.delivered].map(([name, writes]) => `${name}: ${checkDelivery(committed, writes).repeated}`);
    console.info(
      `seed ${seed}: ${committed.length} events; transactions: ${count("committed")} committed, ${count("rolled back")} rolled back, ` +
        `${count("unknown")} with an unknown outcome; ${run.kills} relays killed; announcements dropped ${run.announcements.dropped}, ` +
        `repeated ${run.announcements.repeated}, reordered ${run.announcements.reordered}; repeats: ${repeats.join(", ")}`,
    );
  });

  it("are many, and the relays were killed twenty times", () => {
    expect(committed.length).toBeGreaterThan(1_000);
    expect(run.kills).toBeGreaterThanOrEqual(kills);
    expect(new Set(committed.map(({ source }) => source)).size).toBe(5);
  });

  it("are in the business tables when their commit was acknowledged, and not when it was rolled back", () => {
    const inTables = new Set(
      run.inTables.map(({ source, key, version, operation }) => [source, key, version, operation].join()),
    );
    const acknowledged = run.attempts.filter(({ outcome }) => outcome === "committed").flatMap(({ writes }) => writes);
    const missing = acknowledged.filter(
      ({ source, key, version, operation }) => !inTables.has([source, key, version, operation].join()),
    );
    expect(missing).toEqual([]);
    expect(committed).toHaveLength(run.inTables.length);
  });

  it("reach every follower: none lost, none that was rolled back, none out of its aggregate's order", () => {
    for (const [name, writes] of run.delivered) {
      expect(checkDelivery(committed, writes), name).toMatchObject(nothing);
    }
  });

  it("reach a surviving follower exactly once, whatever fails around it", () => {
    for (const [name, writes] of run.delivered) {
      if (!name.startsWith("in process")) expect(checkDelivery(committed, writes).repeated, name).toBe(0);
    }
    expect(run.failures).toEqual([]);
  });

  it("affect a consumer exactly once and in order, though two programs run it and both are killed", () => {
    expect(run.sums).toEqual(expectedSums(committed));
  });

  it("would fail these checks with one loss or one swap in what a follower received", () => {
    for (const writes of run.delivered.values()) {
      const at = Math.floor(writes.length / 2);
      const planted = writes[at] as Write;
      const same = ({ source, key }: Write) => source === planted.source && key === planted.key;
      const next = writes.findIndex((write, index) => index > at && same(write) && write.version > planted.version);
      const swapped = writes.with(at, writes[next] as Write).with(next, planted);
      expect(checkDelivery(committed, swapped).disordered).not.toEqual([]);
      const without = writes.filter((write) => !same(write) || write.version !== planted.version);
      expect(checkDelivery(committed, without).lost).toEqual([planted]);
    }
  });
});
