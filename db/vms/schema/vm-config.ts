/** The JSONB documents of a VM and of a template. Keys are camelCase. A property that a document does not have is not requested. */

export interface VmResourceConfig {
  /** Thousandths of a core. */
  cpuMillicores: number;
  memoryMb: number;
  storageGb?: number;
  /** The clock rate of one core in MHz, where the source gives it. */
  cpuMhz?: number;
  networkMbps?: number;
  gpuCount?: number;
  /** Thousandths of a GPU over all GPUs: 500 is half of one, 2000 is two. */
  gpuMilli?: number;
  gpuModels?: string[];
}

/** A document whose shape belongs to the hypervisor or the operator. */
export type VmDocument = Record<string, unknown>;

/** Names and values that a user gave: `{"env": "prod"}`. */
export type Tags = Record<string, string>;
