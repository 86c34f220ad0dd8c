import type { VmResourceConfig } from "#db/vms/schema/vm-config.ts";

/** What a VM requests, as the input of an operation has it: without optional properties, so that equal requests have equal inputs. */
export type RequestedAmounts = {
  readonly cpuMillicores: number;
  readonly memoryMb: number;
  readonly storageGb: number | null;
  readonly networkMbps: number | null;
  readonly gpuCount: number | null;
  readonly gpuMilli: number | null;
  readonly gpuModels: readonly string[] | null;
};

export const requestedAmounts = ({
  cpuMillicores,
  memoryMb,
  storageGb,
  networkMbps,
  gpuCount,
  gpuMilli,
  gpuModels,
}: VmResourceConfig): RequestedAmounts => ({
  cpuMillicores,
  memoryMb,
  storageGb: storageGb ?? null,
  networkMbps: networkMbps ?? null,
  gpuCount: gpuCount ?? null,
  gpuMilli: gpuMilli ?? null,
  gpuModels: gpuModels ?? null,
});
