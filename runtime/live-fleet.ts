import { tenantNamed } from "#db/auth/credentials.ts";
import type { Database } from "#db/client.ts";
import { demoTenantId, demoTenantName } from "#lib/trust/demo-tenant.ts";
import { log } from "#lib/observability/log.ts";
import { findDefaultTenant } from "#subgraphs/auth/tenants/default-tenant.ts";
import { makeDemoMachines } from "#demo/machines.ts";
import type { Hypervisor } from "#hypervisors/port.ts";
import { actingAs, type Databases } from "./databases.ts";
import { keepAlive, keepReplaying } from "#demo/keep-alive.ts";
import { seedDemoFleet } from "#demo/seed.ts";
import { requireTenant } from "./require-tenant.ts";

export interface LiveFleet {
  databases: Databases;
  /** The auth database under its system role. */
  system: Database;
  /** The monitoring database under its system role. */
  monitoringJobs: Database;
  /** Has the machines of the demo fleet. Without one the fleet's VMs cannot be started. */
  hypervisor?: { client: Hypervisor; ready?: Promise<unknown> | undefined } | undefined;
  signal: AbortSignal;
  print: (line: string) => void;
}

/** Seeds the demo fleet where there is none, and keeps it changing until the signal: new samples, changes of state, alerts, migrations. */
export async function startDemo(fleet: LiveFleet): Promise<{ running: Promise<void> }> {
  const { databases, system, monitoringJobs, hypervisor, signal, print } = fleet;
  const named = await tenantNamed(system, demoTenantName);
  if (named !== undefined && named !== demoTenantId) {
    print(`there is a tenant ${demoTenantName} that is not the demo: no demo fleet is seeded (start with --no-demo)`);
    return { running: Promise.resolve() };
  }
  const acting = actingAs({ ...databases, monitoringJobs }, "job:demo");
  const { seeded, vms, nodes } = await seedDemoFleet(acting);
  if (seeded) print(`seeded a generated demo fleet: ${vms} VMs on ${nodes} nodes`);
  const makeMachines = async () => {
    await hypervisor?.ready;
    if (hypervisor) await makeDemoMachines(acting.vms, hypervisor.client, demoTenantId, signal);
  };
  const machines = makeMachines().catch((error: unknown) => {
    if (!signal.aborted) log.jobs.warn({ err: error }, "the machines of the demo fleet were not made");
  });
  return { running: Promise.all([machines, keepAlive(acting, { signal, onError })]).then(() => undefined) };
}

/**
 * Replays the traces that a tenant imported, until the signal.
 * @param tenant its name or its id; `true` means the tenant of imports that name none
 * @throws Error TENANT_UNKNOWN
 */
export async function startReplay(fleet: LiveFleet, tenant: string | true): Promise<{ running: Promise<void> }> {
  const { databases, system, monitoringJobs, signal } = fleet;
  const tenantId = tenant === true ? (await findDefaultTenant(system))?.id : await requireTenant(system, tenant);
  if (tenantId === undefined) return { running: Promise.resolve() };
  const acting = actingAs({ ...databases, monitoringJobs }, "job:replay");
  return { running: keepReplaying(acting, { signal, tenantId, onError }) };
}

const onError = (error: unknown): void => log.jobs.warn({ err: error }, "the fleet's new samples were not written");
