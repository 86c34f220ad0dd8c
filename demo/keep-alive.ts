import { setTimeout as delay } from "node:timers/promises";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { findImport } from "#subgraphs/monitoring/imports/imports.ts";
import { makeRoom } from "#subgraphs/monitoring/metrics/make-room.ts";
import { continueSeries } from "#subgraphs/monitoring/metrics/record-samples.ts";
import { changeDemoFleet } from "./change-fleet.ts";
import { demoNodes, demoSource } from "./fleet.ts";
import { reportingDemoVms } from "./live-vms.ts";
import { replayTraces } from "./replay.ts";
import { demoSamples, FleetCounters } from "./samples.ts";

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
  const scope = { tenantId };
  const now = Math.floor(Date.now() / 1000);
  if ((await findImport(dbs.monitoring, scope, demoSource))?.status !== "completed") return;
  const fleet = await reportingDemoVms(dbs.vms, tenantId);
  if (fleet.vms.length === 0) return;
  await makeRoomUntilTomorrow(dbs, tenantId, now);
  const series = {
    name: demoSource.dataset,
    vmIds: fleet.vms.map(({ id }) => id),
    nodeIds: demoNodes.map(({ id }) => id),
  };
  await continueSeries(dbs.monitoring, scope, series, ({ vms, nodes }) => {
    const counters = new FleetCounters(vms, nodes);
    const { newest } = counters;
    // Another program has already written this round's samples.
    if (newest > now - (everyMs / 1000) * 0.8) return [];
    const times: number[] = [];
    for (let time = Math.max(newest, now - longestCatchUp) + 60; time < now - 30; time += 60) times.push(time);
    times.push(now);
    return demoSamples({ ...fleet, counters }, times);
  });
}

const roomUntil = new WeakMap<FleetDatabases, number>();

/** Creates partitions for samples up to the end of tomorrow, once a day. */
async function makeRoomUntilTomorrow(dbs: FleetDatabases, tenantId: string, now: number): Promise<void> {
  if ((roomUntil.get(dbs) ?? 0) > now + 3_600) return;
  const range = { from: now - 7_200, to: now + 86_400 };
  await makeRoom(dbs.monitoring, { tenantId }, ["vm_metrics", "system_metrics"], range);
  roomUntil.set(dbs, range.to);
}
