import type { Fence } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";

/** The machine of a VM, where its node is known. */
export interface MachinePlace {
  nodeId: string;
  vmId: string;
  /** Aborts when the caller no longer waits. The effect may have happened. */
  signal: AbortSignal;
}

/** Which machine of which node a call changes, and for which operation. */
export interface MachineCall extends MachinePlace {
  fence: Fence;
  /**
   * The name of the operation's step. A call is repeated with the same operation, step and arguments when its response was lost, and has its effect once. Only
   * the token may differ: it rises with each attempt.
   */
  step: string;
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

export type MachineSize = Pick<MachineSpec, "cpuMillicores" | "memoryMb" | "disks">;

/** How a machine is stopped: at once, or by a request to its guest, which may take `withinMs` to stop. */
export type HowToStop = { forced: true } | { forced: false; withinMs: number };

/** The states of a machine that a node has. */
export type PresentState = "stopped" | "running" | "paused" | "suspended";

/** What a hypervisor can report about a machine. `absent`: the node has none of this VM. */
export type MachineState = "absent" | PresentState;

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
  state: PresentState;
  snapshotIds: readonly string[];
}

/**
 * What a hypervisor can do with machines. Every method that changes something is idempotent by operation, step and arguments, resolves when the effect is
 * durable in the hypervisor, and succeeds when what it requests is so already. Methods that undo (`stop`, `detachInterface`, `deleteSnapshot`, `destroy`)
 * also succeed when the machine is gone. What the state of a machine does not allow is HYPERVISOR_UNSUPPORTED, and has no effect.
 * @throws HypervisorError
 */
export interface Hypervisor {
  /** Makes a machine, which is stopped. One that the node already has for this VM must have the same specification. */
  create(call: MachineCall, spec: MachineSpec): Promise<void>;
  /** Starts a machine that is stopped. */
  start(call: MachineCall): Promise<void>;
  /**
   * Stops a machine. Resolves to false when its guest did not stop within the time: the machine still runs, and stops by itself should its guest be done later.
   * The memory of a suspended machine is lost, so only `forced` stops it.
   */
  stop(call: MachineCall, how: HowToStop): Promise<boolean>;
  /** Restarts the guest of a machine that runs. */
  reboot(call: MachineCall): Promise<void>;
  pause(call: MachineCall): Promise<void>;
  /** Resumes a machine that is paused or suspended. */
  resume(call: MachineCall): Promise<void>;
  /** Saves the memory of a machine that runs or is paused on disk, and frees it. */
  suspend(call: MachineCall): Promise<void>;
  /**
   * Gives a machine other amounts and disks: new names are attached, missing ones are detached, no disk shrinks. A machine that runs gets them at once where the
   * hypervisor can, else HYPERVISOR_UNSUPPORTED.
   */
  resize(call: MachineCall, size: MachineSize): Promise<void>;
  attachInterface(call: MachineCall, added: MachineInterface): Promise<void>;
  detachInterface(call: MachineCall, name: string): Promise<void>;
  /** Stores the content of the disks, without the memory. */
  createSnapshot(call: MachineCall, snapshotId: string): Promise<StoredSnapshot>;
  /** Gives the disks the content of a snapshot. A machine that runs is restarted from them. */
  revertToSnapshot(call: MachineCall, snapshotId: string): Promise<void>;
  deleteSnapshot(call: MachineCall, snapshotId: string): Promise<void>;
  /** Moves a machine with its snapshots, and with its memory when it runs. Afterwards the source has none of it. */
  migrate(call: MachineCall, destinationNodeId: string): Promise<void>;
  /** Removes a machine with its disks and snapshots. */
  destroy(call: MachineCall): Promise<void>;
  stats(place: MachinePlace): Promise<MachineStats>;
  /** Returns the address of a running machine's console on the node. */
  consoleAddress(place: MachinePlace): Promise<string>;
  /** Returns every machine of every node, for audits. */
  list(signal: AbortSignal): Promise<readonly ListedMachine[]>;
}

export const hypervisorErrorCodes = [
  /** This node cannot have the machine: another one may. */
  "NODE_REFUSED",
  /** The machine is not on the node. */
  "MACHINE_NOT_FOUND",
  /** The machine has no such snapshot. */
  "SNAPSHOT_NOT_FOUND",
  /** A call with a higher token was made for this operation. */
  "FENCING_TOKEN_OUTDATED",
  /** This kind of hypervisor, or the machine as it is, cannot do that. */
  "HYPERVISOR_UNSUPPORTED",
  /** No usable response: the effect may or may not have happened. */
  "HYPERVISOR_UNAVAILABLE",
] as const;
export type HypervisorErrorCode = (typeof hypervisorErrorCodes)[number];

/** A call that had no effect, or of which that is not known. A step that throws it is attempted again only where another attempt can succeed. */
export class HypervisorError extends StepFailure {
  declare readonly code: HypervisorErrorCode;

  /** @param message is shown to users */
  constructor(code: HypervisorErrorCode, message: string, { cause }: ErrorOptions = {}) {
    super(code, message, { isFinal: code !== "HYPERVISOR_UNAVAILABLE" });
    this.name = "HypervisorError";
    this.cause = cause;
  }
}
