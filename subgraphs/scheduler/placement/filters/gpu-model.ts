import { type Filter, fits, reason } from "../plugin.ts";

/** Passes a node whose GPUs are of an acceptable model. A node without GPUs is rejected for their number, not for their model. */
export const gpuModel: Filter = (node, { request: { gpuModels = [] }, claim, rules }) => {
  if (claim.gpuCount === 0 || node.allocatable.gpuCount === 0) return fits;
  const accepts = (models: readonly string[]) => node.gpuModel !== null && models.includes(node.gpuModel);
  if ((gpuModels.length === 0 || accepts(gpuModels)) && rules.gpuModels.every(({ anyOf }) => accepts(anyOf)))
    return fits;
  return reason("gpu_model", `has GPUs of ${node.gpuModel === null ? "an unknown model" : `model ${node.gpuModel}`}`);
};
