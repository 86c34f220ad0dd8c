import { domains } from "#db/columns.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";
import { idPrefix, type Kind } from "./kinds.ts";
import { insertAuthRows } from "./rows/auth.ts";
import { insertCommonRows } from "./rows/common.ts";
import { insertFederationRows } from "./rows/federation.ts";
import { insertMonitoringRows } from "./rows/monitoring.ts";
import { insertSchedulerRows } from "./rows/scheduler.ts";
import { insertInto, valuesOf } from "./rows/values.ts";
import { insertVmsRows } from "./rows/vms.ts";

// Rows for every list of the graph, inserted by plain SQL as the databases' owner. The tests state what the product shows of them.

export interface Fleet {
  tenantId: string;
  /** Returns the id of the number-th row of a kind, from 1. */
  id(kind: Kind, number?: number): string;
}

export function fleetOf(tenant: number): Fleet {
  const id = (kind: Kind, number = 1) => `${idPrefix(tenant, kind)}${number.toString(16).padStart(12, "0")}`;
  return { tenantId: id("tenant"), id };
}

const insertRows = {
  auth: insertAuthRows,
  vms: insertVmsRows,
  monitoring: insertMonitoringRows,
  federation: insertFederationRows,
  scheduler: insertSchedulerRows,
};

/**
 * Fills the databases with `count` rows of every kind that belong to the tenant of this number, and as many nodes, clusters and prices, which belong
 * to no tenant. Row n of one kind refers to row n of the others. Seven rows each share a time, and the times are a microsecond apart.
 */
export async function insertFleet(urls: TestDatabases, tenant: number, count: number): Promise<Fleet> {
  const values = valuesOf(tenant, (kind) => idPrefix(tenant, kind));
  await Promise.all(
    domains.map((domain) =>
      asOwner(urls.url(domain), async (sql) => {
        const insert = insertInto(sql, count);
        await insertRows[domain](insert, values);
        await insertCommonRows(insert, domain, values);
      }),
    ),
  );
  return fleetOf(tenant);
}
