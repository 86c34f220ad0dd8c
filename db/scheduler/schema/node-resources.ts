/** Amounts of every resource class, of a node or of the claims on it. */
export interface NodeResources {
  /** Thousandths of a core. */
  cpuMillicores: number;
  memoryMb: number;
  storageGb: number;
  networkMbps: number;
  /** The number of GPUs of which at least a part is meant. */
  gpuCount: number;
  /** Thousandths of a GPU over all GPUs: 500 is half of one, 2000 is two. */
  gpuMilli: number;
}

/** The shape of a Kubernetes taint: VMs that do not tolerate it are not placed on the node. */
export interface Taint {
  key: string;
  value?: string;
  effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}
