import { randomBytes } from "node:crypto";
import type postgres from "postgres";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Domain, serviceRole, systemRole } from "#db/columns.ts";
import { migrateDomain } from "#db/migrate.ts";
import { ensureRoles, rolesSql } from "#db/database-roles.ts";
import { asOwner } from "#tests/harness/server.ts";
import { onServer, type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";

// Roles belong to the server that all tests share, so these have names that no domain uses.
const domain = `scratch_${randomBytes(4).toString("hex")}` as Domain;
const owner = `owner_${domain}`;

let database: ScratchDatabase;
let ownerUrl: string;

const makeOwner = async (right: "createrole" | "nocreaterole") => {
  await onServer(`create role ${owner} login ${right} password 'of a test'`);
  await database.sql.unsafe(`
    do $$ begin execute format('alter database %I owner to ${owner}', current_database()); end $$`);
  const url = new URL(database.url);
  url.username = owner;
  url.password = "of a test";
  ownerUrl = url.href;
};

const databaseOf = (url: string) => new URL(url).pathname.slice(1);

const becomeBoth = (sql: postgres.Sql) =>
  sql.begin(async (tx) => {
    await tx.unsafe(`set local role ${serviceRole(domain)}`);
    await tx.unsafe(`set local role ${systemRole(domain)}`);
  });

beforeEach(async () => {
  database = await scratchDatabase();
});
afterEach(async () => {
  await database.drop();
  await onServer(`drop role if exists ${serviceRole(domain)}, ${systemRole(domain)}; drop role if exists ${owner}`);
});

/** Returns which of the domain's roles the owner may assume. */
const assumable = async () =>
  (
    await database.sql`
      select rolname as role from pg_roles
      where rolname in (${serviceRole(domain)}, ${systemRole(domain)}) and pg_has_role(${owner}, oid, 'member') order by 1`
  ).map(({ role }) => role as string);
const both = [serviceRole(domain), systemRole(domain)].toSorted();

describe("an owner who may create roles", () => {
  beforeEach(() => makeOwner("createrole"));

  it("creates the domain's two roles and may assume them", async () => {
    await asOwner(ownerUrl, (sql) => ensureRoles(sql, domain));
    await asOwner(ownerUrl, becomeBoth);
    const made = await database.sql`
      select rolname from pg_roles
      where rolname in (${serviceRole(domain)}, ${systemRole(domain)})
        and not rolcanlogin and not rolsuper and not rolbypassrls and not rolcreaterole and not rolcreatedb`;
    expect(made).toHaveLength(2);
  });

  it("creates them once when many programs start at the same time", async () => {
    await Promise.all(Array.from({ length: 8 }, () => asOwner(ownerUrl, (sql) => ensureRoles(sql, domain))));
    await asOwner(ownerUrl, becomeBoth);
    expect(await assumable()).toEqual(both);
  });
});

describe("an owner who may not create roles", () => {
  beforeEach(() => makeOwner("nocreaterole"));

  it("gets an error with the missing roles and the command that prints the SQL for an administrator", async () => {
    await expect(asOwner(ownerUrl, (sql) => ensureRoles(sql, domain))).rejects.toMatchObject({
      code: "ROLES_MISSING",
      message: `The database user ${owner} may not create the roles ${serviceRole(domain)} and ${systemRole(domain)}. Let an administrator run the SQL that \`novacron migrate --print-roles\` prints.`,
    });
  });

  it("needs no more than that SQL, which may be run twice", async () => {
    await onServer(rolesSql(domain, { owner, database: databaseOf(ownerUrl) }));
    await onServer(rolesSql(domain, { owner, database: databaseOf(ownerUrl) }));
    await asOwner(ownerUrl, (sql) => ensureRoles(sql, domain));
    await asOwner(ownerUrl, becomeBoth);
    expect(await assumable()).toEqual(both);
  });

  it("gets an error when the roles exist but are not granted to it", async () => {
    await onServer(`create role ${serviceRole(domain)} nologin; create role ${systemRole(domain)} nologin`);
    await expect(asOwner(ownerUrl, (sql) => ensureRoles(sql, domain))).rejects.toMatchObject({
      code: "ROLES_MISSING",
      message: expect.stringContaining(`${owner} may not become the roles`),
    });
  });

  it.each(["auth", "vms", "monitoring", "federation", "scheduler"] as const)(
    "migrates the %s database once the roles are granted",
    async (real) => {
      await onServer(rolesSql(real, { owner, database: databaseOf(ownerUrl) }));
      expect(await migrateDomain(ownerUrl, real)).not.toEqual([]);
      expect(await migrateDomain(ownerUrl, real)).toEqual([]);
    },
  );
});
