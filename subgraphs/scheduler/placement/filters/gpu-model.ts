import type { Filter, Reason } from "../plugin.ts";

const fit: readonly Reason[] = [];

/** Passes a node whose GPUs are of an acceptable model. A node without GPUs is rejected for their number, not for their model. */
export const gpuModel: Filter = (node, { request: { gpuModels = [] }, claim }) => {
  if (claim.gpuCount === 0 || gpuModels.length === 0 || node.allocatable.gpuCount === 0) return fit;
  if (node.gpuModel !== null && gpuModels.includes(node.gpuModel)) return fit;
  return [
    {
      code: "gpu_model",
      distance: 1,
      detail: `has GPUs of ${node.gpuModel === null ? "an unknown model" : `model ${node.gpuModel}`}`,
    },
  ];
};
