import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { lastHour, oneRequest, partsWithoutRows } from "#tests/harness/one-request.ts";
import { asOwner } from "#tests/harness/server.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { statementsDuring } from "#tests/harness/statements.ts";
import { expectVms } from "./expect-vms.ts";
import { expectedAnswer } from "./one-request-oracle.ts";

/** Declares the tests of the one request over a fleet that `seed` creates in the demo tenant. */
export function oneRequestSuite(fleetName: string, seed: (fleet: FleetDatabases, now: Date) => Promise<unknown>): void {
  describe(`the one request over ${fleetName}`, () => {
    let product: TestProduct;
    const now = new Date();

    beforeAll(async () => {
      product = await bootProduct();
      const monitoringJobs = await openDatabase({
        domain: "monitoring",
        url: product.urls.url("monitoring"),
        as: "system",
      });
      await seed({ ...product.databases, monitoringJobs }, now);
      await monitoringJobs.close();
    });
    afterAll(() => product.stop());

    test("returns what plain SQL over the five databases computes, field by field", async () => {
      const variables = lastHour(now, 50);
      const answer = await product.ask(oneRequest, variables);
      expect(answer.errors).toEqual([]);
      const expected = await expectedAnswer(
        {
          auth: product.urls.url("auth"),
          vms: product.urls.url("vms"),
          monitoring: product.urls.url("monitoring"),
          federation: product.urls.url("federation"),
          scheduler: product.urls.url("scheduler"),
        },
        { tenantId: demoTenantId, first: 50, from: new Date(variables.from), to: new Date(variables.to) },
      );
      expect(expected).toHaveLength(50);
      expectVms(answer.data.vms.nodes, expected);
    });

    test("has every part for at least one VM", async () => {
      const { data } = await product.ask(oneRequest, lastHour(now, 50));
      const vms = data.vms.nodes as Record<string, unknown>[];
      expect(partsWithoutRows(vms)).toEqual([]);
      const series = vms.map((vm) => vm["metrics"] as { cpuUsagePercent: { avg: (number | null)[] } });
      expect(series.some(({ cpuUsagePercent }) => cpuUsagePercent.avg.some((value) => value !== null))).toBe(true);
      expect(
        vms.some((vm) =>
          (vm["migrations"] as { nodes: { steps: { nodes: unknown[] } }[] }).nodes.some(
            (m) => m.steps.nodes.length > 1,
          ),
        ),
      ).toBe(true);
    });

    test("executes the same SQL statements for 10, 50 and 100 VMs, at most one per table and nesting level", async () => {
      await nameFirst(product);
      // One request before, so that connections have read their types.
      await product.ask(oneRequest, lastHour(now, 10));
      const costs: string[][] = [];
      for (const first of [10, 50, 100]) {
        const statements = await statementsDuring(product.urls, () => product.ask(oneRequest, lastHour(now, first)));
        costs.push(statements.map(({ domain, query, calls }) => `${domain} ${calls} ${query}`).toSorted());
        for (const { domain, query, calls } of statements) {
          // Nodes are read at two levels: that of the VM, and those of its allocations and its decision.
          expect(calls, `${domain}: ${query}`).toBeLessThanOrEqual(/from "nodes"/.test(query) ? 2 : 1);
        }
      }
      expect(costs[0]?.length).toBeGreaterThan(12);
      expect(costs[1]).toEqual(costs[0]);
      expect(costs[2]).toEqual(costs[0]);
    });
  });
}

/** Renames one VM with each rare part, so that the smallest page includes them all. */
async function nameFirst({ urls }: TestProduct): Promise<void> {
  const anyVm = (domain: Domain, query: string) =>
    asOwner(urls.url(domain), (sql) => sql.unsafe<{ id: string }[]>(query));
  const ids = await Promise.all([
    anyVm(
      "monitoring",
      "select vm_id as id from alert_instances where resolved_at is null and vm_id is not null limit 1",
    ),
    anyVm("federation", "select vm_id as id from compliance_violations where resolved_at is null limit 1"),
    anyVm("federation", "select vm_id as id from migrations limit 1"),
    anyVm("federation", "select local_vm_id as id from multicloud_vms limit 1"),
  ]);
  await asOwner(
    urls.url("vms"),
    (sql) => sql`update vms set name = '!' || name where id = any(${ids.flat().map(({ id }) => id)}::uuid[])`,
  );
}
