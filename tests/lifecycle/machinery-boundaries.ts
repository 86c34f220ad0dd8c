import { setTimeout as delay } from "node:timers/promises";
import type { Hypervisor, MachineCall } from "#hypervisors/port.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import type { Machinery } from "#subgraphs/vms/operations/machinery.ts";

/** Called whenever an operation passes a boundary, with the boundary's name. */
type PassCall = (operationId: string, boundary: string) => Promise<void>;

/** How long after its begin a call is under way: its effect may or may not have happened. */
const underWayMs = 1;

/** Returns the machinery with a boundary before each call, while it is under way, and when it has its response. */
export function machineryWithBoundaries({ hypervisor, calls }: Machinery, pass: PassCall): Machinery {
  async function around<Result>(operationId: string, name: string, work: () => Promise<Result>): Promise<Result> {
    await pass(operationId, `before ${name}`);
    const working = work();
    working.catch(() => undefined);
    await delay(underWayMs);
    await pass(operationId, `during ${name}`);
    const result = await working;
    await pass(operationId, `after ${name}`);
    return result;
  }
  const call: ServiceCalls["call"] = (subgraph, request, context) => {
    const field = /result: (\w+)/.exec(request.query)?.[1] ?? "";
    const variables = request.variables as { operationId?: string; input?: { operationId: string; step?: string } };
    const { operationId = "", step = "" } = variables.input ?? (variables as { operationId?: string; step?: string });
    const name = `${subgraph} ${field} ${step}`.trim();
    return around(operationId, name, () => calls.call(subgraph, request, context));
  };
  type Method = (to: MachineCall | AbortSignal, ...rest: unknown[]) => Promise<unknown>;
  const withBoundaries =
    (method: Method): Method =>
    (to, ...rest) => {
      if (to instanceof AbortSignal || to.fence === undefined) return method(to, ...rest);
      const name = `machine ${to.step.replace(/ [0-9a-f-]{36}$/, "")}`;
      return around(to.fence.operationId, name, () => method(to, ...rest));
    };
  const methods = Object.entries(hypervisor).map(([name, method]) => [name, withBoundaries(method as Method)]);
  return { calls: { call }, hypervisor: Object.fromEntries(methods) as Hypervisor };
}
