import type { Fence } from "#lib/operations/definition.ts";

/** Which machine of which node a call is about, and for which operation. */
export interface MachineCall {
  nodeId: string;
  vmId: string;
  fence: Fence;
  /** The name of the operation's step. A call is repeated with the same operation and step when its response was lost, and has its effect once. */
  step: string;
  /** Aborts when the caller no longer waits. The effect may have happened. */
  signal: AbortSignal;
}

export interface MachineDisk {
  name: string;
  sizeGb: number;
}

export interface MachineInterface {
  name: string;
  network: string;
  macAddress: string;
  ipAddress?: string | undefined;
}

/** The machine that a hypervisor makes for a VM. */
export interface MachineSpec {
  name: string;
  cpuMillicores: number;
  memoryMb: number;
  disks: readonly MachineDisk[];
  interfaces: readonly MachineInterface[];
  /** The image that it boots from. */
  image?: string | undefined;
}

/** What a hypervisor can report about a machine. `absent`: the node has none of this VM. */
export type MachineState = "absent" | "stopped" | "running" | "paused" | "suspended";

export interface MachineStats {
  state: MachineState;
  /** CPU time that the machine has used since it was started, in milliseconds. */
  cpuTimeMs: number;
  memoryUsedMb: number;
}

/** A snapshot as its hypervisor stores it. */
export interface StoredSnapshot {
  storagePath: string;
  sizeBytes: number;
}

/** A machine as the audit of a hypervisor lists it. */
export interface ListedMachine {
  nodeId: string;
  vmId: string;
  state: MachineState;
  snapshotIds: readonly string[];
}

/**
 * What a hypervisor can do with machines. Every method is idempotent by operation and step, resolves when the effect is durable in the hypervisor, and succeeds
 * when what it asks for is so already: stopping a machine that is stopped or gone is no error. Methods that undo succeed when there is nothing to undo.
 * @throws HypervisorError
 */
export interface Hypervisor {
  /** Makes a machine, which is stopped. */
  create(call: MachineCall, spec: MachineSpec): Promise<void>;
  start(call: MachineCall): Promise<void>;
  /** Stops a machine. `graceful` asks its guest first, and resolves to false when the guest did not stop within the time: the machine still runs. */
  stop(call: MachineCall, how: { forced: true } | { forced: false; withinMs: number }): Promise<boolean>;
  reboot(call: MachineCall): Promise<void>;
  pause(call: MachineCall): Promise<void>;
  /** Resumes a machine that is paused or suspended. */
  resume(call: MachineCall): Promise<void>;
  /** Saves the memory on disk and frees it. `discard` of `stop` on a suspended machine drops the saved memory. */
  suspend(call: MachineCall): Promise<void>;
  /** Gives a machine other amounts. A machine that runs gets them at once where the hypervisor can, else HYPERVISOR_UNSUPPORTED. */
  resize(call: MachineCall, spec: Pick<MachineSpec, "cpuMillicores" | "memoryMb" | "disks">): Promise<void>;
  attachInterface(call: MachineCall, added: MachineInterface): Promise<void>;
  detachInterface(call: MachineCall, name: string): Promise<void>;
  createSnapshot(call: MachineCall, snapshotId: string): Promise<StoredSnapshot>;
  revertToSnapshot(call: MachineCall, snapshotId: string): Promise<void>;
  deleteSnapshot(call: MachineCall, snapshotId: string): Promise<void>;
  /** Moves a machine, with its memory when it runs. Afterwards the source has none of it. */
  migrate(call: MachineCall, destinationNodeId: string): Promise<void>;
  /** Removes a machine with its disks and snapshots. */
  destroy(call: MachineCall): Promise<void>;
  stats(call: Omit<MachineCall, "fence" | "step">): Promise<MachineStats>;
  /** The address of the machine's console on the node. */
  consoleAddress(call: Omit<MachineCall, "fence" | "step">): Promise<string>;
  /** Every machine of every node, for audits. */
  list(signal: AbortSignal): Promise<readonly ListedMachine[]>;
}

export const hypervisorErrorCodes = [
  /** This node cannot have the machine: another one may. */
  "NODE_REFUSED",
  /** The machine is not on the node. */
  "MACHINE_NOT_FOUND",
  /** A call with a higher token was made for this operation, or it was ended. */
  "FENCING_TOKEN_OUTDATED",
  /** This kind of hypervisor, or the machine as it is, cannot do that. */
  "HYPERVISOR_UNSUPPORTED",
  /** No usable response: the effect may or may not have happened. */
  "HYPERVISOR_UNAVAILABLE",
] as const;
export type HypervisorErrorCode = (typeof hypervisorErrorCodes)[number];

export class HypervisorError extends Error {
  readonly code: HypervisorErrorCode;

  constructor(code: HypervisorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
