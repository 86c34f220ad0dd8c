/** The JSONB documents of a VM and of a template. Keys are camelCase; what a document does not say is not asked for. */

export interface VmResourceConfig {
  /** Thousandths of a core. */
  cpuMillicores: number;
  memoryMb: number;
  storageGb?: number;
  /** What one core is worth, where the source says so. */
  cpuMhz?: number;
  networkMbps?: number;
  gpuCount?: number;
  /** Thousandths of a GPU over all GPUs: 500 is half of one, 2000 is two. */
  gpuMilli?: number;
  gpuModels?: string[];
}

/** A document whose shape belongs to the hypervisor or the operator. */
export type VmDocument = Record<string, unknown>;

/** Names and values a person gave: `{"env": "prod"}`. */
export type Tags = Record<string, string>;
