import { isDeepStrictEqual } from "node:util";
import type { MachineDisk, PresentState } from "../port.ts";
import { countedUntil, inState, type Machine } from "./machine.ts";
import type { CallOf, Method, Refusal, Result } from "./protocol.ts";

/** What a call does: its result, and the machine afterwards, null when it is gone. Without `machine` nothing changes. */
export type Outcome = { result: Result; machine?: Machine | null } | { refused: Refusal };

type Transition<Name extends Method> = (machine: Machine | undefined, call: CallOf<Name>, now: number) => Outcome;

const maxSnapshots = 1_000;

const done = (machine?: Machine | null): Outcome =>
  machine === undefined ? { result: null } : { result: null, machine };
const unsupported = (message: string): Outcome => ({ refused: { code: "HYPERVISOR_UNSUPPORTED", message } });
const notFound: Outcome = {
  refused: { code: "MACHINE_NOT_FOUND", message: "The node has no machine of this VM." },
};
const snapshotNotFound: Outcome = {
  refused: { code: "SNAPSHOT_NOT_FOUND", message: "The machine has no snapshot of this id." },
};

/** Returns a transition from some states to another. A machine that is in the other already stays as it is. */
const moves =
  (
    to: PresentState,
    ...from: readonly PresentState[]
  ): ((machine: Machine | undefined, call: unknown, now: number) => Outcome) =>
  (machine, _call, now) => {
    if (!machine) return notFound;
    if (machine.state === to && machine.stopsAt === undefined) return done();
    if (machine.state !== to && !from.includes(machine.state)) return unsupported(`The machine is ${machine.state}.`);
    return done(inState(machine, to, now));
  };

const withSpec = (machine: Machine, spec: Partial<Machine["spec"]>): Machine => ({
  ...machine,
  spec: { ...machine.spec, ...spec },
});

function shrinks(machine: Machine, disks: readonly MachineDisk[]): boolean {
  const sizes = new Map(machine.spec.disks.map(({ name, sizeGb }) => [name, sizeGb]));
  return disks.some(({ name, sizeGb }) => sizeGb < (sizes.get(name) ?? 0));
}

/** What each method does with a machine, by the machine's state. Two methods have effects elsewhere: `stop` of a guest that takes time, and `migrate`. */
const transitions: { readonly [Name in Method]: Transition<Name> } = {
  create: (machine, { spec }) => {
    if (!machine) return done({ spec, state: "stopped", effects: 0, cpuTimeMs: 0, snapshots: {} });
    if (isDeepStrictEqual(machine.spec, spec)) return done();
    return unsupported("The node has a machine of this VM with another specification.");
  },
  start: moves("running", "stopped"),
  pause: moves("paused", "running"),
  resume: moves("running", "paused", "suspended"),
  suspend: moves("suspended", "running", "paused"),
  stop: (machine, { how }, now) => {
    if (!machine || machine.state === "stopped") return { result: true };
    if (how.forced) return { result: true, machine: inState(machine, "stopped", now) };
    if (machine.state === "suspended")
      return unsupported("The machine is suspended: only a forced stop drops its memory.");
    // The guest of a paused machine receives no request.
    return { result: false };
  },
  reboot: (machine, _call, now) => {
    if (!machine) return notFound;
    if (machine.state !== "running") return unsupported(`The machine is ${machine.state}.`);
    return done(inState(machine, "running", now));
  },
  resize: (machine, { size }, now) => {
    if (!machine) return notFound;
    const { cpuMillicores, memoryMb, disks } = machine.spec;
    if (isDeepStrictEqual(size, { cpuMillicores, memoryMb, disks })) return done();
    if (shrinks(machine, size.disks)) return unsupported("A disk cannot shrink.");
    if (machine.state === "suspended") return unsupported("The machine is suspended.");
    const isSmaller = size.cpuMillicores < cpuMillicores || size.memoryMb < memoryMb;
    if (machine.state !== "stopped" && isSmaller)
      return unsupported("A machine that runs cannot give up processors or memory.");
    return done(withSpec(countedUntil(machine, now), size));
  },
  attachInterface: (machine, { added }) => {
    if (!machine) return notFound;
    const there = machine.spec.interfaces.find(({ name }) => name === added.name);
    if (there && isDeepStrictEqual(there, added)) return done();
    if (there) return unsupported("The machine has another interface of this name.");
    return done(withSpec(machine, { interfaces: [...machine.spec.interfaces, added] }));
  },
  detachInterface: (machine, call) => {
    const rest = machine?.spec.interfaces.filter(({ name }) => name !== call.name);
    if (!machine || !rest || rest.length === machine.spec.interfaces.length) return done();
    return done(withSpec(machine, { interfaces: rest }));
  },
  createSnapshot: (machine, { nodeId, vmId, snapshotId }) => {
    if (!machine) return notFound;
    const there = machine.snapshots[snapshotId];
    if (there) return { result: there };
    if (Object.keys(machine.snapshots).length >= maxSnapshots)
      return unsupported("The machine has too many snapshots.");
    const gib = machine.spec.disks.reduce((sum, { sizeGb }) => sum + sizeGb, 0);
    const stored = {
      storagePath: `/simulated/${nodeId}/${vmId}/snapshots/${snapshotId}`,
      // A hundredth of the disks has changed.
      sizeBytes: Math.round((gib * 2 ** 30) / 100),
    };
    return { result: stored, machine: { ...machine, snapshots: { ...machine.snapshots, [snapshotId]: stored } } };
  },
  revertToSnapshot: (machine, { snapshotId }, now) => {
    if (!machine) return notFound;
    if (!machine.snapshots[snapshotId]) return snapshotNotFound;
    if (machine.state === "paused" || machine.state === "suspended")
      return unsupported(`The machine is ${machine.state}: its memory would not fit the disks.`);
    return done(inState(machine, machine.state, now));
  },
  deleteSnapshot: (machine, { snapshotId }) => {
    if (!machine?.snapshots[snapshotId]) return done();
    const { [snapshotId]: _deleted, ...snapshots } = machine.snapshots;
    return done({ ...machine, snapshots });
  },
  migrate: (machine) => (machine ? done(machine) : notFound),
  destroy: (machine) => done(machine && null),
};

/** Applies the method of a call. */
export const transition = (machine: Machine | undefined, call: CallOf<Method>, now: number): Outcome =>
  // The method of the call is that of its transition.
  (transitions[call.method] as Transition<Method>)(machine, call, now);
