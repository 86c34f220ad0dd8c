import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { migrateDomain } from "#db/migrate.ts";
import { migrationsFolder } from "#db/migration-files.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { scratchDatabase } from "./scratch-database.ts";

it("case G41: of users and roles whose names now count as one, the oldest keeps the name, and none is lost", async () => {
  const folder = mkdtempSync(join(tmpdir(), "migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(migrationsFolder("auth"), folder, { recursive: true });
  const path = join(folder, "meta", "_journal.json");
  const journal = JSON.parse(readFileSync(path, "utf8")) as { entries: { tag: string }[] };
  const before = journal.entries.findIndex(({ tag }) => tag.endsWith("_name_users_by_tenant"));
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, before) }));

  const { url, sql, drop } = await scratchDatabase();
  onTestFinished(drop);
  await migrateDomain(url, "auth", { folder });
  const names = ["victim-admin", "Victim-Admin", "v\u0456ctim-admin", "somebody"];
  for (const [at, name] of names.entries()) {
    const id = `0197a000-0000-7000-8000-00000000000${at}`;
    await sql`
      insert into users (id, tenant_id, username, email, password_hash, created_at)
      values (${id}, ${platformTenantId}, ${name}, ${name === "Victim-Admin" ? "A@example.org" : `${"abcd"[at]}@example.org`}, '', now() + ${at} * interval '1 second')`;
    await sql`insert into roles (tenant_id, name, created_at) values (${platformTenantId}, ${name}, now() + ${at} * interval '1 second')`;
  }
  await migrateDomain(url, "auth");
  expect([...(await sql`select username, email, metadata from users order by created_at`)]).toEqual([
    { username: "victim-admin", email: "a@example.org", metadata: {} },
    {
      username: "Victim-Admin-00000001",
      email: "00000001.A@example.org",
      metadata: { usernameBefore: "Victim-Admin", emailBefore: "A@example.org" },
    },
    {
      username: "v\u0456ctim-admin-00000002",
      email: "c@example.org",
      metadata: { usernameBefore: "v\u0456ctim-admin" },
    },
    { username: "somebody", email: "d@example.org", metadata: {} },
  ]);
  const roles = await sql`select name from roles where tenant_id is not null order by created_at`;
  expect(roles.map(({ name }) => String(name).replace(/-[0-9a-f]{8}$/, "-<id>"))).toEqual([
    "victim-admin",
    "Victim-Admin-<id>",
    "v\u0456ctim-admin-<id>",
    "somebody",
  ]);
  await expect(sql`update users set username = 'VICTIM-ADMIN' where username = 'somebody'`).rejects.toMatchObject({
    code: "23505",
  });
});
