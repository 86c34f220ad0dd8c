import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { verifyChain } from "#db/auth/audit-chain.ts";
import { openDatabase } from "#db/client.ts";
import { migrateDomain } from "#db/migrate.ts";
import { migrationsFolder } from "#db/migration-files.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { scratchDatabase } from "./scratch-database.ts";

it("the migration chains the audit log's older entries in the order of their times", async () => {
  const folder = mkdtempSync(join(tmpdir(), "migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(migrationsFolder("auth"), folder, { recursive: true });
  const path = join(folder, "meta", "_journal.json");
  const journal = JSON.parse(readFileSync(path, "utf8")) as { entries: { tag: string }[] };
  const before = journal.entries.findIndex(({ tag }) => tag.endsWith("_chain_audit_log"));
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, before) }));

  const { url, sql, drop } = await scratchDatabase();
  onTestFinished(drop);
  await migrateDomain(url, "auth", { folder });
  await sql`
    insert into auth_audit_log (tenant_id, action, success, created_at)
    select ${platformTenantId}, 'entry ' || n, true, now() - n * interval '1 hour' from generate_series(1, 5) n`;
  await migrateDomain(url, "auth");
  await sql`insert into auth_audit_log (tenant_id, action, success) values (${platformTenantId}, 'after', true)`;

  const system = await openDatabase({ domain: "auth", url, as: "system" });
  onTestFinished(() => system.close());
  expect(await verifyChain(system, platformTenantId, new Map())).toEqual({ entries: 6, fault: null });
  const [first] = await sql`select action from auth_audit_log where seq = 1`;
  expect(first).toEqual({ action: "entry 5" });
  await expect(sql`delete from auth_audit_log`).rejects.toMatchObject({ code: "23001" });
});
