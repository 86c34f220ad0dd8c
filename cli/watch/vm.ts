import { bytesText } from "../bytes-text.ts";
import { type Cell, type Row, stateCell, timeCell } from "./rows.ts";
import type { Watched } from "./watched.ts";

interface Metrics {
  time: string;
  cpuUsagePercent: number | null;
  memoryUsageBytes: number | string | null;
  networkBytesSentPerSecond: number | null;
  networkBytesRecvPerSecond: number | null;
}
interface Now {
  vm: {
    name: string;
    state: string;
    updatedAt: string;
    node: { name: string } | null;
    owner: { username: string } | null;
    resources: { cpuMillicores: number; memoryBytes: number | string };
    latestMetrics: Metrics | null;
  };
}
interface Transition {
  vmStateChanged: {
    fromState: string | null;
    toState: string;
    reason: string | null;
    createdAt: string;
    initiatedBy: { username: string } | null;
    vm: { node: { name: string } | null } | null;
  };
}

const measured = "time cpuUsagePercent memoryUsageBytes networkBytesSentPerSecond networkBytesRecvPerSecond";

/** Watches a VM, each change of its state, and its newest sample at most every five seconds. */
export const vm = (id: string): Watched => ({
  now: {
    query: `query ($id: ID!) { vm(id: $id) { name state updatedAt node { name } owner { username }
      resources { cpuMillicores memoryBytes } latestMetrics { ${measured} } } }`,
    variables: { id },
  },
  rowsOfNow: (now) => {
    const { name, state, updatedAt, node, owner, resources, latestMetrics } = (now as Now).vm;
    const has = `${resources.cpuMillicores / 1_000} CPU, ${bytesText(resources.memoryBytes)}`;
    const about = [has, node && `on ${node.name}`, owner && `of ${owner.username}`].filter((part) => part !== null);
    return [
      [{ text: name, style: "bold" }],
      [timeCell(updatedAt), stateCell(22, state), { text: about.join(" · ") }],
      ...(latestMetrics ? [metricsRow(latestMetrics)] : []),
    ];
  },
  changes: [
    {
      payload: {
        query: `subscription ($id: ID!) { vmStateChanged(filter: { vm: [$id] }) {
          fromState toState reason createdAt initiatedBy { username } vm { node { name } } } }`,
        variables: { id },
      },
      rowOf: (change) => {
        const {
          createdAt,
          fromState,
          toState,
          reason,
          initiatedBy,
          vm: changed,
        } = (change as Transition).vmStateChanged;
        const node = changed?.node && `on ${changed.node.name}`;
        const why = [reason, initiatedBy && `by ${initiatedBy.username}`, node].filter(Boolean).join(" · ");
        return [timeCell(createdAt), stateCell(22, toState, fromState), { text: why }];
      },
    },
    {
      payload: {
        query: `subscription ($id: ID!) { vmMetrics(filter: { vm: [$id] }, every: "PT5S") { ${measured} } }`,
        variables: { id },
      },
      rowOf: (change) => metricsRow((change as { vmMetrics: Metrics }).vmMetrics),
    },
  ],
});

function metricsRow(metrics: Metrics): Row {
  const { time, cpuUsagePercent, memoryUsageBytes } = metrics;
  const cpu: Cell = { text: cpuUsagePercent === null ? "CPU ?" : `CPU ${cpuUsagePercent.toFixed(1)} %`, width: 12 };
  if (cpuUsagePercent !== null && cpuUsagePercent >= 90) cpu.style = "red";
  return [
    timeCell(time),
    cpu,
    { text: `memory ${bytesText(memoryUsageBytes)}`, width: 17 },
    { text: `sent ${rateText(metrics.networkBytesSentPerSecond)}`, width: 17 },
    { text: `received ${rateText(metrics.networkBytesRecvPerSecond)}` },
  ];
}

const rateText = (bytes: number | null): string => (bytes === null ? "?" : `${bytesText(bytes)}/s`);
