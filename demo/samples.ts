import type { SampleBatch, StoredNodeSample, StoredSample } from "#subgraphs/monitoring/metrics/record-samples.ts";
import { type DemoNode, type DemoVm, demoNodes } from "./fleet.ts";
import { loadOf } from "./load.ts";

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

/** The current values of a fleet's counters. */
export class FleetCounters {
  readonly #vms = new Map<string, { time: number; sent: number; recv: number; read: number; write: number }>();
  readonly #nodes = new Map<string, { time: number; sent: number; recv: number }>();

  constructor(vms: readonly StoredSample[] = [], nodes: readonly StoredNodeSample[] = []) {
    for (const sample of vms) {
      this.#vms.set(sample.vmId, {
        time: sample.time,
        sent: sample.networkBytesSent ?? 0,
        recv: sample.networkBytesRecv ?? 0,
        read: sample.diskReadBytes ?? 0,
        write: sample.diskWriteBytes ?? 0,
      });
    }
    for (const { nodeId, time, networkBytesSent, networkBytesRecv } of nodes) {
      this.#nodes.set(nodeId, { time, sent: networkBytesSent ?? 0, recv: networkBytesRecv ?? 0 });
    }
  }

  /** The newest time of any counter. */
  get newest(): number {
    let newest = 0;
    for (const { time } of this.#vms.values()) newest = Math.max(newest, time);
    return newest;
  }

  vm(id: string, time: number) {
    return this.#of(this.#vms, id, time, () => ({ time, sent: 0, recv: 0, read: 0, write: 0 }));
  }

  node(id: string, time: number) {
    return this.#of(this.#nodes, id, time, () => ({ time, sent: 0, recv: 0 }));
  }

  #of<Counter extends { time: number }>(all: Map<string, Counter>, id: string, time: number, make: () => Counter) {
    const counter = all.get(id) ?? make();
    all.set(id, counter);
    const seconds = Math.max(0, time - counter.time);
    counter.time = time;
    return { counter, seconds };
  }
}

export interface DemoFleet {
  vms: readonly DemoVm[];
  nodeOf: ReadonlyMap<string, string>;
  /** The samples continue these counters, and change them. */
  counters: FleetCounters;
}

/** The number of times in one batch of samples. */
const batchTimes = 60;

/** Yields samples of the demo's VMs and nodes at these times (seconds since the epoch, rising). */
export function* demoSamples(fleet: DemoFleet, times: readonly number[]): Generator<SampleBatch> {
  for (let at = 0; at < times.length; at += batchTimes) yield batchAt(fleet, times.slice(at, at + batchTimes));
}

function batchAt({ vms, nodeOf, counters }: DemoFleet, times: readonly number[]): SampleBatch {
  const vm = emptyVmColumns();
  const node = emptyNodeColumns();
  for (const time of times) {
    const sums = new Map<
      string,
      { cores: number; memory: number; disk: number; sent: number; recv: number; vms: number }
    >();
    for (const { id, n, cpuMillicores, memoryMb, storageGb } of vms) {
      const load = loadOf(n, time);
      const { counter, seconds } = counters.vm(id, time);
      counter.sent += Math.round(load.netSent * seconds);
      counter.recv += Math.round(load.netRecv * seconds);
      counter.read += Math.round(load.diskRead * seconds);
      counter.write += Math.round(load.diskWrite * seconds);
      const memory = Math.round(memoryMb * mebibyte * load.memoryShare);
      const disk = Math.round(storageGb * gibibyte * (0.25 + 0.5 * load.memoryShare));
      const nodeId = nodeOf.get(id) ?? null;
      vm.time.push(time);
      vm.vmId.push(id);
      vm.nodeId.push(nodeId);
      vm.cpuUsagePercent.push(round(load.cpuPercent));
      vm.memoryUsageBytes.push(memory);
      vm.memoryAvailableBytes.push(memoryMb * mebibyte - memory);
      vm.networkBytesSent.push(counter.sent);
      vm.networkBytesRecv.push(counter.recv);
      vm.networkPacketsSent.push(Math.floor(counter.sent / 800));
      vm.networkPacketsRecv.push(Math.floor(counter.recv / 900));
      vm.diskReadBytes.push(counter.read);
      vm.diskWriteBytes.push(counter.write);
      vm.diskReadOps.push(Math.floor(counter.read / 16_384));
      vm.diskWriteOps.push(Math.floor(counter.write / 8_192));
      vm.diskUsageBytes.push(disk);
      vm.diskAvailableBytes.push(storageGb * gibibyte - disk);
      vm.loadAverage.push(round((load.cpuPercent / 100) * (cpuMillicores / 1000)));
      vm.processCount.push(80 + n);
      if (nodeId === null) continue;
      const sum = sums.get(nodeId) ?? { cores: 0, memory: 0, disk: 0, sent: 0, recv: 0, vms: 0 };
      sums.set(nodeId, sum);
      sum.cores += (load.cpuPercent / 100) * (cpuMillicores / 1000);
      sum.memory += memory;
      sum.disk += disk;
      sum.sent += load.netSent;
      sum.recv += load.netRecv;
      sum.vms += 1;
    }
    for (const machine of demoNodes) pushNode(node, machine, time, sums.get(machine.id), counters);
  }
  return { vms: vm, nodes: node };
}

const numbers = (): number[] => [];
const texts = (): string[] => [];

const emptyVmColumns = () => ({
  time: numbers(),
  vmId: texts(),
  nodeId: [] as (string | null)[],
  cpuUsagePercent: numbers(),
  memoryUsageBytes: numbers(),
  memoryAvailableBytes: numbers(),
  networkBytesSent: numbers(),
  networkBytesRecv: numbers(),
  networkPacketsSent: numbers(),
  networkPacketsRecv: numbers(),
  diskReadBytes: numbers(),
  diskWriteBytes: numbers(),
  diskReadOps: numbers(),
  diskWriteOps: numbers(),
  diskUsageBytes: numbers(),
  diskAvailableBytes: numbers(),
  loadAverage: numbers(),
  processCount: numbers(),
});

const emptyNodeColumns = () => ({
  time: numbers(),
  nodeId: texts(),
  cpuUsagePercent: numbers(),
  memoryUsageBytes: numbers(),
  memoryTotalBytes: numbers(),
  diskUsageBytes: numbers(),
  diskTotalBytes: numbers(),
  networkBytesSent: numbers(),
  networkBytesRecv: numbers(),
  loadAverage1m: numbers(),
  loadAverage5m: numbers(),
  loadAverage15m: numbers(),
  vmCount: numbers(),
  runningVmCount: numbers(),
});

function pushNode(
  node: ReturnType<typeof emptyNodeColumns>,
  { id, capacity }: DemoNode,
  time: number,
  sum: { cores: number; memory: number; disk: number; sent: number; recv: number; vms: number } | undefined,
  counters: FleetCounters,
): void {
  const { counter, seconds } = counters.node(id, time);
  // The traffic of the machine itself, in addition to that of its VMs.
  counter.sent += Math.round(((sum?.sent ?? 0) + 2_000) * seconds);
  counter.recv += Math.round(((sum?.recv ?? 0) + 2_000) * seconds);
  const cores = (sum?.cores ?? 0) + 0.4;
  node.time.push(time);
  node.nodeId.push(id);
  node.cpuUsagePercent.push(round((100 * cores) / (capacity.cpuMillicores / 1000)));
  node.memoryUsageBytes.push((sum?.memory ?? 0) + 2 * gibibyte);
  node.memoryTotalBytes.push(capacity.memoryMb * mebibyte);
  node.diskUsageBytes.push((sum?.disk ?? 0) + 30 * gibibyte);
  node.diskTotalBytes.push(capacity.storageGb * gibibyte);
  node.networkBytesSent.push(counter.sent);
  node.networkBytesRecv.push(counter.recv);
  node.loadAverage1m.push(round(cores));
  node.loadAverage5m.push(round(cores * 0.95));
  node.loadAverage15m.push(round(cores * 0.9));
  node.vmCount.push(sum?.vms ?? 0);
  node.runningVmCount.push(sum?.vms ?? 0);
}

const round = (value: number): number => Math.round(value * 100) / 100;
