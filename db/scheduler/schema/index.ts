export * from "./clusters.ts";
export * from "./enums.ts";
export * from "./nodes.ts";
export * from "./projected-vms.ts";
export * from "./resource-allocations.ts";
export * from "./scaling-recommendations.ts";
export * from "./scheduling-decisions.ts";
export * from "./scheduling-policies.ts";
