import type { Hypervisor } from "#hypervisors/port.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";

/** What the steps of this domain's operations work with, in the process that runs them. */
export interface Machinery {
  hypervisor: Hypervisor;
  /** Calls to the other subgraphs, as the service `jobs`. */
  calls: Pick<ServiceCalls, "call">;
}

/** Returns the machinery. Use cases only start operations, whose steps a worker runs. */
export type GetMachinery = () => Machinery;

export const ofWorkersAlone: GetMachinery = () => {
  throw new Error("The steps of operations are run by workers.");
};
