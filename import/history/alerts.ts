import type { AlertHistory } from "#subgraphs/monitoring/alerts/record-alerts.ts";
import type { HighCpuSpell } from "#subgraphs/monitoring/metrics/stored-samples.ts";
import { day, generated, type HistoryFleet, hour, minute, some } from "./history-fleet.ts";

/**
 * Returns alert rules, and alerts about some VMs and about every VM with a high CPU.
 * @param spells real periods of high CPU in the samples of the last day; the alerts about them are still made up here
 */
export function alertHistory(fleet: HistoryFleet, spells: readonly HighCpuSpell[]): AlertHistory {
  const { id, ago, users, now } = fleet;
  const rule = (name: string) => id("alert-rule", name);
  const common = { metadata: generated, labels: { origin: "generated" } };
  const rules: AlertHistory["rules"] = [
    {
      ...common,
      id: rule("cpu"),
      name: "CPU above 90 %",
      description: "A VM that is short of CPU.",
      metricName: "cpu_usage_percent",
      aggregate: "max",
      comparisonOperator: ">",
      thresholdValue: 90,
      evaluationWindow: "PT5M",
      forDuration: "PT5M",
      severity: "critical",
      createdAt: ago(30 * day),
    },
    {
      ...common,
      id: rule("idle"),
      name: "Idle VM",
      description: "Less than 1 % of CPU in an hour.",
      metricName: "cpu_usage_percent",
      aggregate: "avg",
      comparisonOperator: "<",
      thresholdValue: 1,
      evaluationWindow: "PT1H",
      severity: "info",
      createdAt: ago(30 * day),
    },
    {
      ...common,
      id: rule("absent"),
      name: "No samples",
      metricName: "cpu_usage_percent",
      aggregate: "absent",
      comparisonOperator: ">",
      thresholdValue: 0,
      evaluationWindow: "PT15M",
      noDataPolicy: "alert",
      severity: "warning",
      createdAt: ago(30 * day),
    },
  ];
  const named = new Map(fleet.vms.map((vm) => [vm.id, vm]));
  const hot = spells.flatMap(({ vmId, first, last, peak }) => {
    const vm = named.get(vmId);
    if (!vm) return [];
    const open = now.getTime() - last.getTime() < hour;
    return [
      {
        id: id("alert", "cpu", vmId),
        ruleId: rule("cpu"),
        vmId,
        nodeId: vm.nodeId,
        state: open ? ("firing" as const) : ("resolved" as const),
        severity: "critical" as const,
        value: peak,
        message: `${vm.name}: CPU at ${peak.toFixed(1)} %`,
        labels: { origin: "generated", metric: "cpu_usage_percent" },
        metadata: generated,
        startedAt: first,
        firedAt: first,
        resolvedAt: open ? null : last,
      },
    ];
  });
  const spread = some(fleet, 8, 2, (vm, at) => ({
    id: id("alert", "idle", vm.id),
    ruleId: rule("idle"),
    vmId: vm.id,
    nodeId: vm.nodeId,
    state: at % 16 === 2 ? ("firing" as const) : ("pending" as const),
    severity: "info" as const,
    value: 0.4,
    message: `${vm.name} does nothing`,
    labels: { origin: "generated", metric: "cpu_usage_percent" },
    metadata: generated,
    startedAt: ago(3 * hour + at * minute),
    firedAt: at % 16 === 2 ? ago(2 * hour + at * minute) : null,
    acknowledgedAt: at % 32 === 2 ? ago(hour) : null,
    acknowledgedBy: at % 32 === 2 ? (users[1] ?? null) : null,
    acknowledgementNote: at % 32 === 2 ? "to be switched off at the end of the month" : null,
  }));
  return { rules, alerts: [...hot, ...spread] };
}
