import type { MachineSpec, MachineStats, PresentState, StoredSnapshot } from "../port.ts";

/** A machine as the store keeps it. Values are replaced and never changed: a change assigns a whole machine. */
export interface Machine {
  spec: MachineSpec;
  state: PresentState;
  /** How often the machine was changed since it was made. */
  effects: number;
  /** The CPU time until `runsSince`, in milliseconds. */
  cpuTimeMs: number;
  /** Since when it runs, in milliseconds since 1970. */
  runsSince?: number | undefined;
  /** When its guest, which was requested to stop, will have stopped. */
  stopsAt?: number | undefined;
  snapshots: Readonly<Record<string, StoredSnapshot>>;
}

/** The part of a machine's processors and memory that its guest uses. */
const usedShare = { cpu: 0.2, memory: 0.6 };

const cpuTimeMs = ({ spec, cpuTimeMs: before, runsSince }: Machine, now: number): number =>
  before + (runsSince === undefined ? 0 : Math.max(0, now - runsSince) * (spec.cpuMillicores / 1_000) * usedShare.cpu);

/** Returns the machine as it is now: a guest that was requested to stop has stopped when its time has come. */
export const machineAt = (machine: Machine, now: number): Machine =>
  machine.stopsAt !== undefined && machine.stopsAt <= now ? inState(machine, "stopped", now) : machine;

/** Returns the machine in another state, or started again in the same one. CPU time counts from the last start. */
export function inState(machine: Machine, state: PresentState, now: number): Machine {
  const { spec, effects, snapshots } = machine;
  const starts = state === "stopped" || machine.state === "stopped" || machine.state === state;
  return {
    spec,
    state,
    effects,
    snapshots,
    cpuTimeMs: starts ? 0 : cpuTimeMs(machine, now),
    ...(state === "running" ? { runsSince: now } : {}),
  };
}

/** Returns the machine with the CPU time until now as a number, so that its processors may change. */
export const countedUntil = (machine: Machine, now: number): Machine =>
  machine.runsSince === undefined ? machine : { ...machine, cpuTimeMs: cpuTimeMs(machine, now), runsSince: now };

export function statsOf(machine: Machine | undefined, now: number): MachineStats {
  if (!machine) return { state: "absent", cpuTimeMs: 0, memoryUsedMb: 0 };
  const { state, spec } = machine;
  const hasMemory = state === "running" || state === "paused";
  return {
    state,
    cpuTimeMs: Math.round(cpuTimeMs(machine, now)),
    memoryUsedMb: hasMemory ? Math.round(spec.memoryMb * usedShare.memory) : 0,
  };
}
