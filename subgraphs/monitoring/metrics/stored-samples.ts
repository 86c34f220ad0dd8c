import type { Database, Scope } from "#db/client.ts";
import {
  hotSpells,
  type HotSpell as HighCpuSpell,
  lastSamples,
  latestSamples,
  samplesBetween,
  type StoredSample,
} from "#db/monitoring/stored-samples.ts";
import { readIn } from "#db/read-in.ts";

export type { HighCpuSpell, StoredSample };

// Times are seconds since the epoch.

/** Returns the last value of each of these VMs that has one. */
export const latestOf = (database: Database, scope: Scope, vmIds: readonly string[]): Promise<StoredSample[]> =>
  readIn(database, scope, (tx) => latestSamples(tx, vmIds));

/** Returns the newest sample of each VM at or before a time. */
export const newestUntil = (
  database: Database,
  scope: Scope,
  vmIds: readonly string[],
  to: number,
): Promise<StoredSample[]> => readIn(database, scope, (tx) => lastSamples(tx, vmIds, to));

/** Returns the samples of a window (`after` exclusive), oldest first. */
export const samplesIn = (
  database: Database,
  scope: Scope,
  window: { vmIds: readonly string[]; after: number; to: number },
): Promise<StoredSample[]> => readIn(database, scope, (tx) => samplesBetween(tx, window));

/** Returns the VMs whose CPU was above a percentage after a time, highest first. */
export const highCpuSpells = (
  database: Database,
  scope: Scope,
  after: number,
  above: number,
): Promise<HighCpuSpell[]> => readIn(database, scope, (tx) => hotSpells(tx, after, above));
