import type { Client } from "graphql-ws";
import { follow, type FollowOptions, overSocket } from "./follow.ts";
import { runExample } from "./run-example.ts";

interface Vm {
  id: string;
  name: string;
  state: string;
}
interface Now {
  vms: { nodes: Vm[] };
}
interface Change {
  vmStateChanged: { fromState: string | null; toState: string; vm: Vm | null };
}

const now = { query: "{ vms(first: 100) { nodes { id name state } } }" };
const changes = { query: "subscription { vmStateChanged { fromState toState vm { id name state } } }" };

/**
 * Prints the states of up to 100 VMs, and each change of one, until the signal.
 * @param states holds the latest state of each VM, by its id
 */
export async function showVmStates(
  client: Client,
  print: (line: string) => void,
  options: FollowOptions,
  states: Map<string, Vm> = new Map(),
): Promise<void> {
  for await (const update of follow(overSocket<Now, Change>(client, { now, changes }), options)) {
    if ("now" in update) {
      states.clear();
      for (const vm of update.now.vms.nodes) states.set(vm.id, vm);
      print(`now: ${tally(states.values())}`);
    } else {
      const { fromState, toState, vm } = update.change.vmStateChanged;
      if (vm && toState === "DELETED") states.delete(vm.id);
      else if (vm) states.set(vm.id, { ...vm, state: toState });
      print(`${vm?.name ?? "a VM"}: ${fromState ?? "nothing"} → ${toState}`);
    }
  }
}

/** Returns how many VMs are in each state: `3 RUNNING, 1 STOPPED`. */
export function tally(vms: Iterable<{ state: string }>): string {
  const counts = new Map<string, number>();
  for (const { state } of vms) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ") || "no VM";
}

if (process.argv[1] === import.meta.filename) await runExample(showVmStates);
