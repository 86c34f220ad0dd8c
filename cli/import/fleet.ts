import type { Database } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import { madeTenantId, type Tenant } from "#cli/default-tenant.ts";

export type { Tenant };

/** The five databases under their service roles, and the monitoring database under its system role for the rollup. */
export type FleetDatabases = Readonly<Record<Domain, Database>> & {
  /** Without it samples stay marked, and the next refresh rolls them up. */
  readonly monitoringJobs?: Database | undefined;
};

/** The tenant of this name where it is made by an import. */
export const tenantNamed = (name: string): Tenant => ({ id: madeTenantId(name), name });

export interface Progress {
  done: number;
  /** Missing while nobody knows how much there is. */
  total?: number;
  unit: "samples" | "rows" | "bytes" | "VMs";
  ratePerSecond: number;
}

export interface ImportOptions {
  tenant: Tenant;
  /** Generates what traces have none of, such as alerts and migrations; true when absent. */
  history?: boolean;
  /** Ends the import after what is being written; the next one goes on from there. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** The clock, for tests. */
  now?: Date;
}

/** Calls `report` with the rate since the start, at most a few times a second. */
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
