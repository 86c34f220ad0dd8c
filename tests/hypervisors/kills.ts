import { setTimeout as delay } from "node:timers/promises";
import type { SettingsInput } from "#hypervisors/simulated/settings.ts";
import { seededRandom } from "#lib/seeded-random.ts";
import { contradictions, runCallers, type StoredMachine } from "./random-callers.ts";
import { SimulatedProcess } from "./simulated-process.ts";

export interface KillsRun {
  seed: number;
  kills: number;
  /** The longest time between two kills, in milliseconds. */
  upToMs: number;
  settings?: SettingsInput;
}

/** Kills the process at random moments while 16 callers work, and compares its store with their log. */
export async function killedHypervisor({ seed, kills, upToMs, settings = {} }: KillsRun) {
  // Small, so that journals are also replaced when the process is killed.
  const simulated = await SimulatedProcess.start({ compactAt: 50_000 });
  try {
    await simulated.configure({ seed, ...settings });
    const random = seededRandom(seed);
    const ending = new AbortController();
    const { client: hypervisor } = simulated;
    const running = runCallers({ hypervisor, nodes: ["node-1", "node-2"], seed, callers: 16, signal: ending.signal });
    for (let kill = 0; kill < kills; kill++) {
      await Promise.race([delay(random() * upToMs), running]);
      await simulated.restart();
    }
    ending.abort();
    const log = await running;
    // What is in memory is compared as well as what the next process reads.
    const inMemory = await storedIn(simulated);
    await simulated.restart();
    return { log, wrong: [...contradictions(log, inMemory), ...contradictions(log, await storedIn(simulated))] };
  } finally {
    await simulated.stop();
  }
}

export const storedIn = async (simulated: SimulatedProcess): Promise<StoredMachine[]> =>
  (await simulated.request("GET", "/machines")).body.result as StoredMachine[];
