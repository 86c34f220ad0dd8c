import { noise } from "#import/seeded-random.ts";

/** The load of a VM of the demo fleet at one time; rates are bytes per second. */
export interface Load {
  cpuPercent: number;
  /** The used share of the provisioned memory, 0 to 1. */
  memoryShare: number;
  netRecv: number;
  netSent: number;
  diskRead: number;
  diskWrite: number;
}

const daySeconds = 86_400;

/**
 * Returns the load of the n-th VM at a time. As in the Bitbrains trace, most VMs do almost nothing, some follow the working day and a few are busy all the
 * time. It depends only on its arguments, so it is the same at every start.
 */
export function loadOf(n: number, seconds: number): Load {
  const kind = noise(n, 1);
  const slot = Math.floor(seconds / 60);
  const jitter = noise(n, 2, slot);
  // Highest at 14:00 UTC, lowest at 02:00.
  const rhythm = 0.5 + 0.5 * Math.cos((2 * Math.PI * ((seconds % daySeconds) - 14 * 3600)) / daySeconds);
  const burst = noise(n, 3, Math.floor(slot / 15)) > 0.93 ? 25 : 0;
  const cpuPercent =
    kind < 0.62
      ? 0.3 + 3 * jitter * noise(n, 4) + (burst ? 6 * jitter : 0)
      : kind < 0.92
        ? 6 + 38 * rhythm * noise(n, 4) + 8 * jitter + burst * jitter
        : 68 + 18 * rhythm + 14 * jitter;
  const activity = cpuPercent / 100;
  return {
    cpuPercent: Math.min(cpuPercent, 104),
    memoryShare: Math.min(0.97, 0.12 + 0.5 * noise(n, 5) + 0.3 * activity + 0.02 * jitter),
    netRecv: 200 + 4e6 * activity * noise(n, 6) * (0.5 + jitter),
    netSent: 150 + 3e6 * activity * noise(n, 7) * (0.5 + jitter),
    diskRead: 8e6 * activity * noise(n, 8) * noise(n, 9, slot),
    diskWrite: 500 + 6e6 * activity * noise(n, 10) * (0.3 + jitter),
  };
}
