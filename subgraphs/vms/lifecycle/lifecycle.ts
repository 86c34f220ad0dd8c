import type { VmRow } from "#db/vms/schema/vms.ts";

export type VmState = VmRow["state"];

interface Rule {
  /** The states in which the action is possible. */
  readonly from: readonly VmState[];
  /** The state of the VM while the action runs, if it has one of its own. */
  readonly via?: TransientState;
  /** The states in which the VM may be when the action has succeeded; the state it came from when absent. */
  readonly to?: readonly VmState[];
  /** The states to which the VM returns from `via`, where that is not the one it came from. */
  readonly origins?: readonly VmState[];
}

/** The states that a VM is in only while an operation runs. From all but `creating` it returns to the state that it came from, its origin. */
export type TransientState = "creating" | "migrating" | "backing_up" | "restoring";
export const transientStates: readonly VmState[] = ["creating", "migrating", "backing_up", "restoring"];

/**
 * What can be done with a VM in which state, and where that leads. The mutations, `Vm.availableActions`, the demo and the trigger of the table `vms` follow from
 * it. Sources: domain.md 3; docs/lifecycle.md says why.
 */
export const lifecycle = {
  create: { from: [], via: "creating", to: ["running", "stopped"] },
  start: { from: ["stopped"], to: ["running"] },
  stop: { from: ["running"], to: ["stopped"] },
  /** Cuts the power, and drops the memory of a suspended VM. */
  force_stop: { from: ["running", "paused", "suspended", "error"], to: ["stopped"] },
  /** The VM stays running: a reboot is an operation, and no transition. */
  reboot: { from: ["running"] },
  pause: { from: ["running"], to: ["paused"] },
  resume: { from: ["paused", "suspended"], to: ["running"] },
  suspend: { from: ["running"], to: ["suspended"] },
  recover: { from: ["error"], to: ["running"] },
  resize: { from: ["running", "stopped"] },
  snapshot: { from: ["running", "stopped", "paused"] },
  revert: { from: ["running", "stopped", "paused", "suspended"], via: "restoring", to: ["running", "stopped"] },
  back_up: { from: ["running", "stopped", "paused", "suspended"], via: "backing_up" },
  restore: { from: ["stopped", "error"], via: "restoring", to: ["running", "stopped"] },
  clone: { from: ["running", "stopped", "paused", "suspended"] },
  migrate: { from: ["running", "stopped", "paused"], via: "migrating" },
  /** Moves a VM from a node that is dead. It returns to what it was before it was in error. */
  evacuate: { from: ["error"], via: "migrating", origins: ["running", "stopped"] },
  delete: { from: ["running", "stopped", "paused", "suspended", "error"], to: ["deleted"] },
  undelete: { from: ["deleted"], to: ["stopped"] },
} as const satisfies Record<string, Rule>;

export type VmAction = keyof typeof lifecycle;
const vmActions = Object.keys(lifecycle) as VmAction[];

/** The actions that have a mutation, in the order of the enum `VmAction`. */
export const offeredActions = [
  "start",
  "stop",
  "force_stop",
  "reboot",
  "pause",
  "resume",
  "suspend",
  "recover",
  "delete",
  "undelete",
] as const satisfies readonly VmAction[];

export const ruleOf = (action: VmAction): Rule => lifecycle[action];

const words = (state: string): string => state.replaceAll("_", " ");

/** What decides whether an action is possible. */
export type ActedOn = Pick<VmRow, "state" | "nodeId" | "purgedAt">;

/** Returns why an action is not possible for a VM as it is, with the way out; undefined when it is possible. */
export function whyNot(action: VmAction, { state, nodeId, purgedAt }: ActedOn): string | undefined {
  const { from } = ruleOf(action);
  if (from.includes(state)) {
    if (action !== "undelete") return undefined;
    if (purgedAt) return "The machine of the VM was purged with its disks: create another VM.";
    return nodeId === null ? "The VM never had a machine: create another VM." : undefined;
  }
  if (transientStates.includes(state))
    return `The VM is ${words(state)}: wait until its operation has ended, or cancel it.`;
  return `The VM is ${words(state)}: only one that is ${from.map(words).join(" or ")} can do this.`;
}

/** Where a VM can go from a state. */
export interface Exits {
  /** Whether it can return to its origin. */
  readonly toOrigin: boolean;
  readonly to: readonly VmState[];
}

/** Returns the exits of every state: those of the actions, and `error` from each state in which a VM can fail. */
export function exits(): Map<VmState, Exits> {
  const found = new Map<VmState, { toOrigin: boolean; to: Set<VmState> }>();
  const exitsOf = (state: VmState) => {
    const known = found.get(state) ?? { toOrigin: false, to: new Set<VmState>() };
    found.set(state, known);
    return known;
  };
  for (const action of vmActions) {
    const { from, via, to = [] } = ruleOf(action);
    for (const state of from) for (const next of via ? [via] : to) exitsOf(state).to.add(next);
    if (via) for (const next of to) exitsOf(via).to.add(next);
    if (via && via !== "creating") exitsOf(via).toOrigin = true;
  }
  // What was being created is deleted when its creation is undone.
  exitsOf("creating").to.add("deleted");
  for (const [state, { to }] of found) if (state !== "error" && state !== "deleted") to.add("error");
  return new Map([...found].map(([state, { toOrigin, to }]) => [state, { toOrigin, to: [...to].toSorted() }]));
}

/** Returns the states that a VM may have as its origin when it enters a transient state from a state. */
export function originsOf(via: VmState, from: VmState): readonly VmState[] {
  const rules = vmActions.map(ruleOf).filter((rule) => rule.via === via && rule.from.includes(from));
  return [...new Set(rules.flatMap(({ origins = [from] }) => origins))];
}
