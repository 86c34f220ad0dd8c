import { moneyOf } from "#lib/graphql/money.ts";
import type { InstancePriceResolvers } from "../generated/resolvers.ts";

export const InstancePrice: InstancePriceResolvers = {
  vcpu: ({ vcpu }) => Number(vcpu),
  memoryBytes: ({ memoryGib }) => Math.round(Number(memoryGib) * 2 ** 30),
  gpuCount: ({ gpuCount }) => Number(gpuCount),
  hourlyOnDemand: ({ hourlyOnDemand, currency }) => moneyOf(hourlyOnDemand, currency),
  hourlySpot: ({ hourlySpot, currency }) => moneyOf(hourlySpot, currency),
  hourlyReserved1y: ({ hourlyReserved1y, currency }) => moneyOf(hourlyReserved1y, currency),
  hourlyReserved3y: ({ hourlyReserved3y, currency }) => moneyOf(hourlyReserved3y, currency),
  asOf: ({ asOf }) => new Date(asOf),
};
