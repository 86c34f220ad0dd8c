import { afterAll, beforeAll } from "vitest";
import { type Database, openDatabase } from "#db/client.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import type { Services } from "#subgraphs/use-case.ts";
import { migratedDatabase } from "#tests/migrations/migrated-database.ts";
import type { ScratchDatabase } from "#tests/migrations/scratch-database.ts";
import { insertVm, type InsertedVm } from "#tests/mutations/vm-row.ts";

/** The vms database alone, and callers of its use cases. */
export interface VmsDatabase {
  services: Services;
  system: Database;
  /** Its owner. */
  sql: ScratchDatabase["sql"];
  tenantId: string;
  /** Returns the request of a user of the tenant. */
  request(userId?: string): RequestContext;
  vm(given?: Partial<InsertedVm>): Promise<string>;
}

/** Starts one for the tests of a file. */
export function vmsDatabase(): VmsDatabase {
  const fixture = {} as VmsDatabase;
  let stop: () => Promise<void> = async () => undefined;
  beforeAll(async () => {
    const scratch = await migratedDatabase("vms");
    const database = await openDatabase({ domain: "vms", url: scratch.url });
    const system = await openDatabase({ domain: "vms", url: scratch.url, as: "system" });
    const [tenantId, someUser] = [newId(), newId()];
    const request = (id = someUser): RequestContext => ({
      identity: { kind: "user", id, tenantId, permissions: ["*"] },
      requestId: newId(),
      deadline: Date.now() + 60_000,
    });
    const vm = (given: Partial<InsertedVm> = {}) => insertVm({ url: () => scratch.url }, { tenantId, ...given });
    Object.assign(fixture, { services: { database }, system, sql: scratch.sql, tenantId, request, vm });
    stop = async () => {
      await Promise.all([database.close(), system.close()]);
      await scratch.drop();
    };
  });
  afterAll(() => stop());
  return fixture;
}
