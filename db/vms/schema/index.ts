export * from "./enums.ts";
export * from "./vm-networks.ts";
export * from "./vm-snapshots.ts";
export * from "./vm-state-transitions.ts";
export * from "./vm-templates.ts";
export * from "./vms.ts";
