import { setTimeout as delay } from "node:timers/promises";
import { allVms } from "#db/projections/projected-vms.ts";
import { auditedClaims, auditedNodes } from "#db/scheduler/placement-audit.ts";
import { busyVms } from "#db/vms/busy-vms.ts";
import { type AuditedVm, auditPlacement, type Difference } from "#subgraphs/scheduler/allocations/audit-placement.ts";
import type { Databases } from "./databases.ts";

export interface PlacementReport {
  nodes: number;
  claims: number;
  vms: number;
  /** VMs that an operation works on, whose claims are not compared. */
  busy: number;
  differences: Difference[];
}

const patienceMs = 1_000;

/**
 * Compares the claims, the allocated amounts of the nodes and the nodes of the VMs, of all tenants. The databases are read one after the other while the
 * product may run, so that a difference counts only when a second reading has it too.
 * @param systems the databases under their system roles
 */
export async function checkPlacement(systems: Pick<Databases, "vms" | "scheduler">): Promise<PlacementReport> {
  const first = await readPlacement(systems);
  if (first.differences.length === 0) return first;
  await delay(patienceMs);
  const second = await readPlacement(systems);
  const known = new Set(first.differences.map(keyOf));
  return { ...second, differences: second.differences.filter((each) => known.has(keyOf(each))) };
}

const keyOf = ({ what, id, detail }: Difference): string => `${what} ${id} ${detail}`;

async function readPlacement(systems: Pick<Databases, "vms" | "scheduler">): Promise<PlacementReport> {
  const busyBefore = await busyVms(systems.vms);
  const [nodes, claims] = await Promise.all([auditedNodes(systems.scheduler), auditedClaims(systems.scheduler)]);
  const vms: AuditedVm[] = [];
  for await (const rows of allVms(systems.vms))
    for (const { id, nodeId, state } of rows) vms.push({ id, nodeId, state });
  const busy = new Set([...busyBefore, ...(await busyVms(systems.vms))]);
  const differences = auditPlacement({ nodes, claims, vms, busy });
  return { nodes: nodes.length, claims: claims.length, vms: vms.length, busy: busy.size, differences };
}
