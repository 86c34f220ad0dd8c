import type { InstancePriceResolvers } from "../generated/resolvers.ts";

export const InstancePrice: InstancePriceResolvers = {
  vcpu: ({ vcpu }) => Number(vcpu),
  memoryBytes: ({ memoryGib }) => Math.round(Number(memoryGib) * 2 ** 30),
  gpuCount: ({ gpuCount }) => Number(gpuCount),
  asOf: ({ asOf }) => new Date(asOf),
};
