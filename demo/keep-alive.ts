import { setTimeout as delay } from "node:timers/promises";
import { findImport } from "#db/monitoring/import-writes.ts";
import { ensureMetricRange } from "#db/monitoring/metric-ranges.ts";
import { latestNodeSamples, latestSamples } from "#db/monitoring/stored-samples.ts";
import { lockName } from "#db/named-lock.ts";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { demoDataset, demoNodes } from "./fleet.ts";
import { changeDemoFleet } from "./change-fleet.ts";
import { replayTraces } from "./replay.ts";
import { FleetCounters, writeDemoSamples } from "./samples.ts";
import { runningDemoVms } from "./seed.ts";

export interface KeepAliveOptions {
  signal: AbortSignal;
  tenantId?: string;
  /** The interval between new samples. */
  everyMs?: number;
  /** Receives the error of a failed round. The next round runs anyway. */
  onError?: (error: unknown) => void;
}

/** A longer interruption than this shows as a gap in the series, as it would for a real fleet. */
const longestCatchUp = 7_200;

/**
 * Writes new samples of the demo fleet of a tenant until the signal, and changes its VMs, alerts and migrations over time. Of several programs that do this on
 * one database, one writes at a time. Resolves after the round in which the signal came.
 */
export const keepAlive = (dbs: FleetDatabases, options: KeepAliveOptions): Promise<void> =>
  inRounds(options, (tenantId, everyMs) => [
    () => writeRound(dbs, tenantId, everyMs),
    () => changeDemoFleet(dbs, tenantId, new Date()),
  ]);

/** Writes samples of the traces that a tenant imported, replayed in a loop, until the signal; otherwise as `keepAlive`. */
export const keepReplaying = (dbs: FleetDatabases, options: KeepAliveOptions): Promise<void> =>
  inRounds(options, (tenantId) => [() => replayTraces(dbs, tenantId, new Date())]);

async function inRounds(
  { signal, tenantId = demoTenantId, everyMs = 5_000, onError = () => undefined }: KeepAliveOptions,
  partsOf: (tenantId: string, everyMs: number) => (() => Promise<unknown>)[],
): Promise<void> {
  while (!signal.aborted) {
    for (const part of partsOf(tenantId, everyMs)) {
      await part().catch((error: unknown) => {
        if (!signal.aborted) onError(error);
      });
    }
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Runs one round of the demo fleet: writes a sample of now, and samples of every minute that was missed before it. */
async function writeRound(dbs: FleetDatabases, tenantId: string, everyMs: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const seeded = await dbs.monitoring.write({ tenantId }, (tx) =>
    findImport(tx, { dataset: demoDataset, sourceFingerprint: "seed-1" }),
  );
  if (seeded?.status !== "completed") return;
  const { vms, nodeOf } = await runningDemoVms(dbs, tenantId);
  if (vms.length === 0) return;
  await makeRoom(dbs, tenantId, now);
  await dbs.monitoring.write({ tenantId }, async (tx) => {
    if (!(await lockName(tx, `novacron.demo.${tenantId}`))) return;
    const counters = new FleetCounters(
      await latestSamples(
        tx,
        vms.map(({ id }) => id),
      ),
      await latestNodeSamples(
        tx,
        demoNodes.map(({ id }) => id),
      ),
    );
    const { newest } = counters;
    // Another program has already written this round's samples.
    if (newest > now - (everyMs / 1000) * 0.8) return;
    const times: number[] = [];
    for (let time = Math.max(newest, now - longestCatchUp) + 60; time < now - 30; time += 60) times.push(time);
    times.push(now);
    for (let at = 0; at < times.length; at += 60) {
      await writeDemoSamples(tx, { vms, nodeOf, counters }, times.slice(at, at + 60));
    }
  });
}

const roomUntil = new WeakMap<FleetDatabases, number>();

/** Creates partitions for samples up to the end of tomorrow, once a day. It uses transactions of its own, because it may wait for a lock. */
async function makeRoom(dbs: FleetDatabases, tenantId: string, now: number): Promise<void> {
  if ((roomUntil.get(dbs) ?? 0) > now + 3_600) return;
  const range = { from: now - 7_200, to: now + 86_400 };
  for (const metrics of ["vm_metrics", "system_metrics"] as const) {
    await dbs.monitoring.write({ tenantId }, (tx) => ensureMetricRange(tx, metrics, range));
  }
  roomUntil.set(dbs, range.to);
}
