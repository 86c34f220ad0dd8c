import { z } from "zod";
import { defineEvent, entityEvents, id, idOrNull, maxNamedEntities, text, time, timeOrNull } from "./catalogue.ts";
import { operationEvents } from "./operations.ts";

const batch = { from: time, to: time, samples: z.int().positive() };
const named = z.array(z.uuid()).min(1).max(maxNamedEntities);

/** The events that the monitoring domain emits. */
export const monitoringEvents = {
  "vm_metrics.written": defineEvent(
    "VmMetrics",
    `New samples of VMs, one event per batch and tenant; a batch of more than ${maxNamedEntities} VMs is split into several events, each with its own VMs. \`samples\` counts those that were new.`,
    { ...batch, vmIds: named },
  ),
  "node_metrics.written": defineEvent(
    "NodeMetrics",
    `New samples of nodes, one event per batch; a batch of more than ${maxNamedEntities} nodes is split into several events, each with its own nodes. \`samples\` counts those that were new.`,
    { ...batch, nodeIds: named },
  ),
  ...entityEvents("alert_rule", "AlertRule", "An alert rule", { name: text, severity: text, enabled: z.boolean() }),
  ...entityEvents(
    "alert",
    "Alert",
    "An alert",
    {
      ruleId: id,
      vmId: idOrNull,
      nodeId: idOrNull,
      state: text,
      severity: text,
      startedAt: time,
      resolvedAt: timeOrNull,
      // An open alert is shown as acknowledged between these two times.
      acknowledgedAt: timeOrNull,
      acknowledgedBy: idOrNull,
      acknowledgementExpiresAt: timeOrNull,
    },
    ["acknowledgedAt", "acknowledgedBy", "acknowledgementExpiresAt"],
  ),
  ...entityEvents("metric_import", "MetricImport", "The import of a recorded data set", {
    dataset: text,
    status: text,
    rowsWritten: z.number(),
  }),
  ...operationEvents("monitoring_operation", "MonitoringOperation", "monitoring"),
};
