import { randomUUID } from "node:crypto";
import type postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chainHeads, verifyChain } from "#db/auth/audit-chain.ts";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { type Database, openDatabase } from "#db/client.ts";
import { type ScratchDatabase } from "#tests/migrations/scratch-database.ts";
import { migratedDatabase } from "#tests/migrations/migrated-database.ts";

let scratch: ScratchDatabase;
let service: Database;
let system: Database;
let tenantId: string;

beforeAll(async () => {
  scratch = await migratedDatabase("auth");
  service = await openDatabase({ domain: "auth", url: scratch.url });
  system = await openDatabase({ domain: "auth", url: scratch.url, as: "system" });
});
afterAll(async () => {
  await Promise.all([service.close(), system.close()]);
  await scratch.drop();
});
beforeEach(async () => {
  tenantId = await newTenant();
});

async function newTenant(): Promise<string> {
  const id = randomUUID();
  await scratch.sql`insert into tenants (id, name) values (${id}, ${id})`;
  return id;
}

const record = (tenant: string, count: number) =>
  service.write({ tenantId: tenant }, async (tx) => {
    for (let at = 0; at < count; at += 1) {
      await recordAudit(tx, {
        action: "user.sign_in",
        success: at % 2 === 0,
        userId: at % 3 === 0 ? null : randomUUID(),
        actorName: at % 3 === 0 ? null : `Zoë "${at}"\n`,
        ipAddress: "192.0.2.7",
        metadata: { at, nested: { text: "\u2028 \\ ü", list: [1.5, null] } },
      });
    }
  });

/** Changes rows as a superuser can, with the triggers disabled. */
const tamper = (change: (sql: postgres.TransactionSql) => Promise<unknown>) =>
  scratch.sql.begin(async (sql) => {
    await sql`alter table auth_audit_log disable trigger all`;
    await change(sql);
    await sql`alter table auth_audit_log enable trigger all`;
  });

const verify = (known: ReadonlyMap<number, string> = new Map()) => verifyChain(system, tenantId, known);
const idOf = async (seq: number): Promise<string> =>
  (await scratch.sql`select id from auth_audit_log where tenant_id = ${tenantId} and seq = ${seq}`)[0]?.[
    "id"
  ] as string;

describe("the audit log", () => {
  it("is chained by the database, and the verifier computes the same hashes outside it", async () => {
    await record(tenantId, 7);
    expect(await verify()).toEqual({ entries: 7, fault: null });
    expect(await chainHeads(system)).toContainEqual(expect.objectContaining({ tenantId, seq: 7 }));
  });

  it("has one chain per tenant, however many writers write at once", async () => {
    const other = await newTenant();
    await Promise.all(Array.from({ length: 40 }, (_, at) => record(at % 2 ? tenantId : other, 3)));
    expect(await verify()).toEqual({ entries: 60, fault: null });
    expect(await verifyChain(system, other, new Map())).toEqual({ entries: 60, fault: null });
  });

  it("of one tenant never waits for the log of another", async () => {
    const other = await newTenant();
    await service.write({ tenantId: other }, async (tx) => {
      await recordAudit(tx, { action: "a", success: true, userId: null, actorName: null });
      await record(tenantId, 1);
    });
    expect(await verify()).toEqual({ entries: 1, fault: null });
  });

  it("has no gap where an insert skipped rows or was rolled back", async () => {
    await record(tenantId, 2);
    const id = await idOf(1);
    await scratch.sql`
      insert into auth_audit_log (id, tenant_id, action, success)
      select each, ${tenantId}, 'again', true from unnest(${[id, randomUUID(), id, randomUUID()]}::uuid[]) as each
      on conflict do nothing`;
    const failing = service.write({ tenantId }, async (tx) => {
      await recordAudit(tx, { action: "a", success: true, userId: null, actorName: null });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await record(tenantId, 1);
    expect(await verify()).toEqual({ entries: 5, fault: null });
  });

  it("ignores chain values that an insert supplies", async () => {
    await scratch.sql`
      insert into auth_audit_log (tenant_id, action, success, seq, prev_hash, hash)
      values (${tenantId}, 'forged', true, 77, 'x', 'y')`;
    expect(await verify()).toEqual({ entries: 1, fault: null });
  });
});

describe("attack 58: following the chain detects", () => {
  beforeEach(() => record(tenantId, 9));

  it.each([
    ["action", "'user.sign_out'"],
    ["success", "not success"],
    ["actor_name", "'somebody'"],
    ["user_id", "gen_random_uuid()"],
    ["ip_address", "'192.0.2.8'"],
    ["user_agent", "''"],
    ["error_message", "'no'"],
    ["metadata", "jsonb_set(metadata, '{at}', '7')"],
    ["created_at", "created_at + interval '1 microsecond'"],
    ["id", "gen_random_uuid()"],
    ["hash", "translate(hash, '01', '10')"],
  ])("a changed %s", async (column, value) => {
    await tamper((sql) =>
      sql.unsafe(`update auth_audit_log set ${column} = ${value} where tenant_id = $1 and seq = 5`, [tenantId]),
    );
    expect((await verify()).fault).toEqual({
      tenantId,
      seq: 5,
      id: await idOf(5),
      problem: "it is not what was recorded",
    });
  });

  it.each([1, 5])("the deleted entry %i", async (seq) => {
    await tamper((sql) => sql`delete from auth_audit_log where tenant_id = ${tenantId} and seq = ${seq}`);
    expect((await verify()).fault).toMatchObject({ seq, id: null, problem: expect.stringContaining("missing") });
  });

  it("two entries that were swapped", async () => {
    await tamper(async (sql) => {
      await sql`update auth_audit_log set seq = -seq where tenant_id = ${tenantId} and seq in (4, 5)`;
      await sql`update auth_audit_log set seq = 9 + seq where tenant_id = ${tenantId} and seq in (-4, -5)`;
    });
    expect((await verify()).fault).toMatchObject({ seq: 4, id: await idOf(4) });
  });

  it("a tail that was cut before the last checkpoint", async () => {
    const head = (await chainHeads(system)).find((each) => each.tenantId === tenantId);
    const known = new Map([[9, head?.hash ?? ""]]);
    expect(await verify(known)).toEqual({ entries: 9, fault: null });
    await tamper((sql) => sql`delete from auth_audit_log where tenant_id = ${tenantId} and seq > 6`);
    expect((await verify(known)).fault).toMatchObject({ seq: 7, id: null, problem: expect.stringContaining("cut") });
  });

  it("a chain that was recomputed after a checkpoint", async () => {
    const head = (await chainHeads(system)).find((each) => each.tenantId === tenantId);
    await tamper(async (sql) => {
      await sql`update auth_audit_log set action = 'other' where tenant_id = ${tenantId} and seq = 9`;
      await sql`update auth_audit_log l set hash = audit_entry_hash(l) where tenant_id = ${tenantId} and seq = 9`;
    });
    expect((await verify()).fault).toBeNull();
    expect((await verify(new Map([[9, head?.hash ?? ""]]))).fault).toMatchObject({ seq: 9, id: await idOf(9) });
  });
});
