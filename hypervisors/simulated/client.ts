import { z } from "zod";
import { type Hypervisor, type MachineCall, type MachinePlace } from "../port.ts";
import { type ClientLimits, defaultLimits, Sender, type SimulatedHypervisorAddress } from "./sender.ts";
import { listResult, type Method, snapshotResult, statsResult } from "./protocol.ts";

/** A client of the simulated hypervisor's process. */
export interface SimulatedHypervisorClient extends Hypervisor {
  close(): Promise<void>;
}

/** Opens a client. Connections are opened when they are needed, and kept. */
export function connectSimulatedHypervisor(
  address: SimulatedHypervisorAddress,
  given: Partial<ClientLimits> = {},
): SimulatedHypervisorClient {
  const limits = { ...defaultLimits, ...given };
  const sender = new Sender(address, limits);
  const read = <Shape extends z.ZodType>(path: string, { nodeId, vmId, signal }: MachinePlace, shape: Shape) =>
    sender.send({ method: "POST", path, body: { nodeId, vmId }, signal, timeoutMs: limits.callMs }, shape);
  const call = <Shape extends z.ZodType>(
    { nodeId, vmId, fence, step, signal }: MachineCall,
    method: Method,
    args: object,
    shape: Shape,
    waitMs = 0,
  ) => {
    const body = { method, nodeId, vmId, operationId: fence.operationId, token: fence.token, step, ...args };
    return sender.send({ method: "POST", path: "/calls", body, signal, timeoutMs: limits.callMs + waitMs }, shape);
  };
  const effect = async (to: MachineCall, method: Method, args: object = {}): Promise<void> => {
    await call(to, method, args, z.null());
  };
  return {
    create: (to, spec) => effect(to, "create", { spec }),
    start: (to) => effect(to, "start"),
    stop: (to, how) => call(to, "stop", { how }, z.boolean(), how.forced ? 0 : how.withinMs),
    reboot: (to) => effect(to, "reboot"),
    pause: (to) => effect(to, "pause"),
    resume: (to) => effect(to, "resume"),
    suspend: (to) => effect(to, "suspend"),
    resize: (to, { cpuMillicores, memoryMb, disks }) =>
      effect(to, "resize", { size: { cpuMillicores, memoryMb, disks } }),
    attachInterface: (to, added) => effect(to, "attachInterface", { added }),
    detachInterface: (to, name) => effect(to, "detachInterface", { name }),
    createSnapshot: (to, snapshotId) => call(to, "createSnapshot", { snapshotId }, snapshotResult),
    revertToSnapshot: (to, snapshotId) => effect(to, "revertToSnapshot", { snapshotId }),
    deleteSnapshot: (to, snapshotId) => effect(to, "deleteSnapshot", { snapshotId }),
    migrate: (to, destinationNodeId) => effect(to, "migrate", { destinationNodeId }),
    destroy: (to) => effect(to, "destroy"),
    stats: (place) => read("/stats", place, statsResult),
    consoleAddress: (place) => read("/console", place, z.string()),
    list: (signal) => sender.send({ method: "GET", path: "/machines", signal, timeoutMs: limits.callMs }, listResult),
    close: () => sender.close(),
  };
}
