import type { Database } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import { madeTenantId, type Tenant } from "#subgraphs/auth/tenants/default-tenant.ts";

export type { Tenant };

/** The five databases under their service roles, and the monitoring database under its system role for the rollup. */
export type FleetDatabases = Readonly<Record<Domain, Database>> & {
  /** Without it, samples stay marked, and the next refresh rolls them up. */
  readonly monitoringJobs?: Database | undefined;
};

/** Returns the tenant of this name, with the id that an import gives it. */
export const tenantNamed = (name: string): Tenant => ({ id: madeTenantId(name), name });

export interface Progress {
  done: number;
  /** Undefined while the total is unknown. */
  total?: number;
  unit: "samples" | "rows" | "bytes" | "VMs";
  ratePerSecond: number;
}

export interface ImportOptions {
  tenant: Tenant;
  /** Whether to generate data that traces do not have, such as alerts and migrations; true when absent. */
  history?: boolean;
  /** Ends the import after the current write. The next import resumes from there. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** The clock, for tests. */
  now?: Date;
}

/** Returns a function that calls `report` with the rate since the start, at most a few times a second. */
export function progressOf(report: ImportOptions["onProgress"], unit: Progress["unit"], total?: number) {
  const started = performance.now();
  let reported = -Infinity;
  return (done: number, last = false) => {
    const now = performance.now();
    if (!report || (!last && now - reported < 200)) return;
    reported = now;
    const seconds = Math.max((now - started) / 1000, 0.001);
    report({ done, unit, ratePerSecond: done / seconds, ...(total === undefined ? {} : { total }) });
  };
}
