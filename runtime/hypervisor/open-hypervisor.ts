import { join } from "node:path";
import type { Hypervisor } from "#hypervisors/port.ts";
import { connectSimulatedHypervisor } from "#hypervisors/simulated/client.ts";
import { pause } from "#lib/pause.ts";
import type { Environment } from "../environment.ts";
import { keepSimulatedHypervisor } from "./simulated-process.ts";

/** How long a start waits for the hypervisor's process. Later, operations wait for it. */
const readyWithinMs = 10_000;

export interface OpenHypervisor {
  client: Hypervisor;
  /** Resolves when it serves, or after ten seconds. */
  ready: Promise<void>;
  close(): Promise<void>;
}

/** The folder of the simulated hypervisor's store and connection. */
export const simulatedHypervisorFolder = ({ dataDir }: Pick<Environment, "dataDir">): string =>
  join(dataDir, "simulated-hypervisor");

/**
 * Opens the hypervisor of all nodes: the process that `SIMULATED_HYPERVISOR_URL` names, or one that this process keeps running.
 * @param own left out where this process starts none
 * @returns undefined where none is configured
 */
export function openHypervisor(
  environment: Pick<Environment, "dataDir" | "simulatedHypervisor">,
  own: { runs: boolean; latency: "none" | "realistic" } = { runs: false, latency: "none" },
): OpenHypervisor | undefined {
  const { simulatedHypervisor } = environment;
  if (simulatedHypervisor) {
    const client = connectSimulatedHypervisor(simulatedHypervisor);
    return { client, ready: Promise.resolve(), close: () => client.close() };
  }
  if (!own.runs) return undefined;
  const folder = simulatedHypervisorFolder(environment);
  const client = connectSimulatedHypervisor({ folder });
  const { ready, stop } = keepSimulatedHypervisor(folder, own.latency);
  return {
    client,
    ready: pause(readyWithinMs, new AbortController().signal, ready),
    close: async () => {
      await client.close();
      await stop();
    },
  };
}
