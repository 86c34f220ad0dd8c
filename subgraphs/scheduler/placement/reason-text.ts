import type { Reason } from "./plugin.ts";
import type { ResourceClass } from "#db/scheduler/schema/node-resources.ts";

const round = (value: number): number => Math.ceil(value * 10) / 10;
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const binary = (value: number, units: readonly string[]): string => {
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${round(scaled)} ${units[unit]}`;
};

const amountText: Record<ResourceClass, (amount: number) => string> = {
  cpuMillicores: (amount) => plural(amount / 1000, "core"),
  memoryMb: (amount) => `${binary(amount, ["MiB", "GiB", "TiB"])} of memory`,
  storageGb: (amount) => `${binary(amount, ["GiB", "TiB"])} of disk`,
  networkMbps: (amount) => `${amount} Mbit/s of network`,
  gpuCount: (amount) => plural(amount, "GPU"),
  gpuMilli: (amount) => plural(amount / 1000, "free GPU"),
};

/** Returns a reason as a sentence about the node: "n7 is short of 3.2 GiB of memory". Amounts are rounded up, so that none reads as 0. */
export function reasonText(node: string, { shortfall, detail, code }: Reason): string {
  if (shortfall) return `${node} is short of ${amountText[shortfall.resource](shortfall.amount)}`;
  return `${node} ${detail ?? `is refused: ${code}`}`;
}
