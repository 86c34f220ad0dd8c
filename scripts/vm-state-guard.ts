import { guardFunction } from "#subgraphs/vms/lifecycle/guard-function.ts";

// Prints the function of the trigger that guards the states of VMs. A change of subgraphs/vms/lifecycle/lifecycle.ts needs a migration with it.
console.log(guardFunction());
