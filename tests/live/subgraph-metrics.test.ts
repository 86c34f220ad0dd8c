import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  insertNodeSamples,
  insertVmSamples,
  refreshNodeLatest,
  refreshVmLatest,
} from "#db/monitoring/sample-writes.ts";
import { ensureMetricRange } from "#db/monitoring/metric-ranges.ts";
import { projectVms } from "#db/projections/projected-vms.ts";
import { parsePosition } from "#lib/live/event-position.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { SubscriptionEvent } from "#lib/live/subscription.ts";
import { newId } from "#lib/uuid.ts";
import { createMonitoringLoaders } from "#subgraphs/monitoring/loaders.ts";
import { vmMetrics } from "#subgraphs/monitoring/resolvers/Subscription/vmMetrics.ts";
import type { Fleet } from "#tests/graph/rows.ts";
import { dataOf, everything, firstOf, liveSubgraphs, type LiveSubgraphs, Subscriber } from "./subgraph-fixture.ts";

let live: LiveSubgraphs;
let time = Math.floor(Date.now() / 1_000) - 3_000;
beforeAll(async () => {
  live = await liveSubgraphs();
  for (const fleet of [live.ours, live.theirs])
    for (const metrics of ["vm_metrics", "system_metrics"] as const)
      await live.services.monitoring.write({ tenantId: fleet.tenantId }, (tx) =>
        ensureMetricRange(tx, metrics, { from: time - 60, to: time + 3_600 }),
      );
});
afterAll(() => live.stop());

const writing = { actor: "job:test" };
/** Writes a sample of each of the VMs, a second after the previous ones. */
async function measure(fleet: Fleet, vmIds: readonly string[], cpu: number): Promise<void> {
  time += 1;
  const now = time;
  await live.services.monitoring.write({ ...writing, tenantId: fleet.tenantId }, async (tx) => {
    await insertVmSamples(tx, { time: vmIds.map(() => now), vmId: vmIds, cpuUsagePercent: vmIds.map(() => cpu) });
    await refreshVmLatest(tx, vmIds);
  });
}
async function measureNodes(fleet: Fleet, nodeIds: readonly string[], cpu: number): Promise<void> {
  time += 1;
  const now = time;
  await live.services.monitoring.write({ ...writing, tenantId: fleet.tenantId }, async (tx) => {
    await insertNodeSamples(tx, {
      time: nodeIds.map(() => now),
      nodeId: nodeIds,
      cpuUsagePercent: nodeIds.map(() => cpu),
    });
    await refreshNodeLatest(tx, nodeIds);
  });
}

const query = `subscription ($filter: VmMetricsFilter, $every: Duration) {
  vmMetrics(filter: $filter, every: $every) { vm { id } cpuUsagePercent time } }`;
const payloadsOf = (events: Awaited<ReturnType<Subscriber["take"]>>) =>
  events.map((event) => {
    const sample = dataOf(event)["vmMetrics"] as { vm: { id: string }; cpuUsagePercent: number };
    return [sample.vm.id, sample.cpuUsagePercent];
  });

describe("vmMetrics", () => {
  it("emits the newest sample of each VM that has new ones", async () => {
    const subscriber = await Subscriber.of(live.monitoring, { query }, everything(live.ours));
    const vms = [newId(), newId()];
    await measure(live.ours, vms, 10);
    const events = await subscriber.take(2);
    expect(new Set(payloadsOf(events).map(String))).toEqual(new Set(vms.map((vm) => `${vm},10`)));
    expect(events.map(({ dropped }) => dropped)).toEqual([undefined, undefined]);
    subscriber.stop();
  });

  it("keeps only the newest within `every`, and counts the others as dropped", async () => {
    const [busy, quiet] = [newId(), newId()];
    const request = { query, variables: { filter: { vm: [busy, quiet] }, every: "PT1S" } };
    const subscriber = await Subscriber.of(live.monitoring, request, everything(live.ours));
    await measure(live.ours, [busy], 1);
    expect(payloadsOf(await subscriber.take(1))).toEqual([[busy, 1]]);
    const begun = performance.now();
    for (const cpu of [2, 3, 4, 5]) await measure(live.ours, [busy], cpu);
    await measure(live.ours, [quiet], 6);
    const events = await subscriber.take(2);
    expect(performance.now() - begun).toBeGreaterThan(500);
    expect(payloadsOf(events)).toEqual([
      [busy, 5],
      [quiet, 6],
    ]);
    expect(events.map(({ dropped }) => dropped)).toEqual([3, undefined]);
    subscriber.stop();
  });

  it("counts, when it resumes, all samples that were written meanwhile", async () => {
    const vm = newId();
    const request = { query, variables: { filter: { vm: [vm] } } };
    const before = await Subscriber.of(live.monitoring, request, everything(live.ours));
    before.stop();
    for (const cpu of [1, 2, 3]) await measure(live.ours, [vm], cpu);
    const resumed = await Subscriber.of(live.monitoring, { ...request, after: before.start }, everything(live.ours));
    // In one batch, or in two if the last sample had not been announced yet.
    const events: SubscriptionEvent[] = [];
    const standFor = () => events.reduce((sum, { dropped = 0 }) => sum + 1 + dropped, 0);
    while (standFor() < 3) events.push(...(await resumed.take(1)));
    expect(standFor()).toBe(3);
    expect(payloadsOf(events).at(-1)).toEqual([vm, 3]);
    // With this key, the gateway also drops all but the newest for a slow client.
    expect(events.map(({ replaces }) => replaces)).toEqual(events.map(() => vm));
    resumed.stop();
  });

  it("emits with each event of a batch a position before the events that are not sent yet", async () => {
    const vms = Array.from({ length: 700 }, newId);
    const subscriber = await Subscriber.of(live.monitoring, { query }, everything(live.ours));
    await measure(live.ours, vms, 10);
    const events = await subscriber.take(700);
    const { monitoring: start } = parsePosition(subscriber.start);
    const ids = events.map(({ position }) => parsePosition(position ?? "")["monitoring"]?.id ?? 0);
    expect(new Set(ids.slice(0, -1))).toEqual(new Set([start?.id]));
    expect(ids.at(-1)).toBeGreaterThan(start?.id ?? 0);
    subscriber.stop();
  });

  it("is filtered by the domain's data about the VMs at the time of the event", async () => {
    const [tagged, other, unknown] = [newId(), newId(), newId()];
    const node = live.ours.id("clusterNode");
    const common = { tenantId: live.ours.tenantId, name: "vm", state: "running", version: 1 };
    await live.systems.monitoring.write({ tenantId: platformTenantId }, (tx) =>
      projectVms(tx, [
        { ...common, id: tagged, nodeId: node, tags: { env: "prod" } },
        { ...common, id: other, nodeId: node, tags: { env: "dev" } },
      ]),
    );
    const variables = { filter: { node: [node], tags: [{ key: "env", value: "prod" }] } };
    const subscriber = await Subscriber.of(live.monitoring, { query, variables }, everything(live.ours));
    await measure(live.ours, [unknown, other, tagged], 7);
    await measure(live.ours, [tagged], 8);
    const last = payloadsOf(await subscriber.take(1));
    expect(last[0]?.[0]).toBe(tagged);
    subscriber.stop();
    expect(payloadsOf(subscriber.batches.flat().filter(({ result }) => result)).every(([vm]) => vm === tagged)).toBe(
      true,
    );
  });

  it("emits a sample exactly if topVms with the same filter lists its VM", async () => {
    const vms = Array.from({ length: 24 }, newId);
    const nodes = [newId(), newId()];
    const tags: Record<string, string>[] = [{}, { env: "prod" }, { env: "dev", team: "a" }];
    const { tenantId } = live.ours;
    // This domain does not know the last VMs yet.
    const known = vms.slice(0, 20).map((id, n) => ({
      id,
      tenantId,
      name: `vm ${n}`,
      state: "running",
      version: 1,
      nodeId: nodes[n % 3] ?? null,
      tags: tags[n % tags.length] ?? {},
    }));
    await live.systems.monitoring.write({ tenantId: platformTenantId }, (tx) => projectVms(tx, known));
    await measure(live.ours, vms, 1_000);
    const arbitrary = fc.record(
      {
        vm: fc.subarray(vms),
        node: fc.subarray(nodes),
        tags: fc.subarray<{ key: string; value?: string }>([{ key: "env" }, { key: "team", value: "a" }]),
      },
      { requiredKeys: [] },
    );
    let partial = 0;
    for (const filter of fc.sample(arbitrary, { numRuns: 60, seed: 7 })) {
      const result = await live.monitoring.execute(
        {
          query: `query ($filter: VmMetricsFilter) { topVms(by: CPU_USAGE_PERCENT, first: 100, filter: $filter) { vm { id } } }`,
          variables: { filter },
        },
        { identity: everything(live.ours), requestId: "request", deadline: Date.now() + 10_000 },
      );
      expect(result.errors).toBeUndefined();
      const listed = (result.data as { topVms: { vm: { id: string } }[] }).topVms.map(({ vm }) => vm.id);
      const tx = live.services.monitoring.read({ tenantId, deadline: Date.now() + 10_000 });
      const context = { loaders: createMonitoringLoaders(tx) } as never;
      const keys = vmMetrics.valuesFor({ filter })({
        source: "monitoring",
        eventId: newId(),
        version: 1,
        tenantId,
        entityType: "VmMetrics",
        actor: null,
        requestId: null,
        transaction: 1,
        id: 1,
        type: "vm_metrics.written",
        entityKey: "",
        entityVersion: 0,
        occurredAt: new Date().toISOString(),
        payload: { from: new Date().toISOString(), to: new Date().toISOString(), samples: vms.length, vmIds: vms },
      });
      const admitted = await Promise.all(keys.map(async (key) => vmMetrics.admits?.(key, { filter }, context)));
      await tx.end();
      const emitted = keys.filter((_key, index) => admitted[index]);
      expect(emitted.toSorted(), JSON.stringify(filter)).toEqual(listed.filter((id) => vms.includes(id)).toSorted());
      if (emitted.length > 0 && emitted.length < vms.length) partial += 1;
    }
    expect(partial).toBeGreaterThan(10);
  });

  it("never emits samples of another tenant's VMs", async () => {
    const subscriber = await Subscriber.of(live.monitoring, { query }, everything(live.ours));
    const [foreign, own] = [newId(), newId()];
    await measure(live.theirs, [foreign], 1);
    await measure(live.ours, [own], 2);
    expect(payloadsOf(await subscriber.take(1))).toEqual([[own, 2]]);
    subscriber.stop();
  });

  it.each(["PT0.5S", "PT2H", "P1M"])("refuses %s as `every`", async (every) => {
    const request = { query, variables: { every } };
    await expect(firstOf(live.monitoring, request, everything(live.ours))).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      details: { argument: "every" },
    });
  });

  it("refuses more ids than the limit", async () => {
    const request = { query, variables: { filter: { vm: Array.from({ length: 1_001 }, newId) } } };
    await expect(firstOf(live.monitoring, request, everything(live.ours))).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      details: { argument: "filter.vm" },
    });
  });
});

describe("nodeMetrics", () => {
  const nodes = "subscription ($ids: [ID!]) { nodeMetrics(filter: { node: $ids }) { node { id } cpuUsagePercent } }";

  it("emits samples of nodes to users of the platform, in whichever tenant they act and whichever tenant wrote the samples", async () => {
    const node = live.ours.id("clusterNode", 2);
    const request = { query: nodes, variables: { ids: [node] } };
    const subscriber = await Subscriber.of(live.monitoring, request, everything(live.ours));
    await measureNodes(live.theirs, [live.ours.id("clusterNode", 1), node], 33);
    const [event] = await subscriber.take(1);
    expect(event && dataOf(event)).toEqual({ nodeMetrics: { node: { id: node }, cpuUsagePercent: 33 } });
    subscriber.stop();
  });

  it("is refused to all other users", async () => {
    const identity = { ...everything(live.ours), userTenantId: live.ours.tenantId };
    await expect(firstOf(live.monitoring, { query: nodes }, identity)).rejects.toMatchObject({
      code: "FORBIDDEN",
      details: { policy: "platform" },
    });
  });
});
