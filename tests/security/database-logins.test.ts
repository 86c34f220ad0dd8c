import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { prepareAll } from "#runtime/databases.ts";
import { openDatabase } from "#db/client.ts";
import { type Domain, domains, serviceRole, systemRole } from "#db/columns.ts";
import { openSession } from "#db/event-log/session.ts";
import { derivedPassword, derivedUrl, type Login, loginRole, logins, ownerRole } from "#db/logins.ts";
import { migrateDomain, pendingMigrations } from "#db/migrate.ts";
import { dropOldMetrics } from "#db/monitoring/retention.ts";
import { prepareDatabase } from "#db/prepare.ts";
import { isVerifierOf, scramVerifier } from "#db/scram.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { scratchDatabase } from "#tests/migrations/scratch-database.ts";
import { adminUrl, asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { afterResets, attacksThatPassed, connectError, loginAttacks, readable } from "./login-attacks.ts";

const services = ["service", "system"] as const;
const everyLogin = domains.flatMap((domain) => services.map((login) => [domain, login] as const));
const administrator = decodeURIComponent(new URL(adminUrl()).username);
let databases: TestDatabases;
beforeAll(async () => {
  databases = await cloneDatabases();
  // A clone has the tables of its template. Every role may connect to it, as to each new database.
  await prepareAll(databases.url);
});
afterAll(() => databases.drop());
afterEach(() => vi.unstubAllEnvs());

describe.each(everyLogin)("case G43: the login of the %s database for its %s", (domain, login) => {
  const role = loginRole(domain, login);
  const url = () => databases.url(domain, login);

  it("stays its own role, whatever it resets", async () => {
    const self = `${role} of ${role}`;
    expect(await afterResets(url())).toEqual([self, self, self, self, self]);
  });

  it("is refused every privilege beyond its role", async () => {
    expect(await attacksThatPassed(url(), loginAttacks(role, administrator, readable[domain]))).toEqual([]);
  });

  it("connects to no other database", async () => {
    const elsewhere = [...domains.filter((other) => other !== domain).map((other) => databases.url(other)), adminUrl()];
    const codes = await Promise.all(
      elsewhere.map((other) => {
        const target = new URL(url());
        target.pathname = new URL(other).pathname;
        return connectError(target.href);
      }),
    );
    expect(codes).toEqual(elsewhere.map(() => "42501"));
    expect(await connectError(url())).toBeUndefined();
  });

  it("is accepted with its own password only", async () => {
    const other = new URL(url());
    other.password = derivedPassword(decodeURIComponent(new URL(adminUrl()).password), `${role}x`);
    expect(await connectError(other.href)).toBe("28P01");
  });
});

describe("case G43: in production", () => {
  const open = (domain: Domain, as: "service" | "system", url: string) =>
    openDatabase({ domain, url, as, maxConnections: 1 });

  it.each(everyLogin)(
    "the %s database is opened by its own login for its %s, and refused to any login that could reset its role",
    async (domain, login) => {
      vi.stubEnv("NOVACRON_ENV", "production");
      const database = await open(domain, login, databases.url(domain, login));
      await database.close();
      for (const url of [databases.url(domain), databases.url(domain, "owner")])
        await expect(open(domain, login, url)).rejects.toMatchObject({
          code: "LOGIN_NOT_CONFINED",
          message: expect.stringContaining(`DATABASE_URL_${domain.toUpperCase()}_${login.toUpperCase()}`),
        });
    },
  );

  it.each([
    ["a member of another role", "grant pg_read_all_data to {}", "revoke pg_read_all_data from {}"],
    ["a creator of roles", "alter role {} createrole", "alter role {} nocreaterole"],
    ["a creator of databases", "alter role {} createdb", "alter role {} nocreatedb"],
    ["a replica", "alter role {} replication", "alter role {} noreplication"],
  ])("a service whose login is %s is refused", async (what, make, undo) => {
    vi.stubEnv("NOVACRON_ENV", "production");
    // The domain is one that no other test uses, because all tests on the server share its roles.
    const domain = `scratch_${what.replaceAll(/\W/g, "_")}` as Domain;
    const role = serviceRole(domain);
    const admin = (statement: string) =>
      asOwner(databases.url("vms"), (sql) => sql.unsafe(statement.replace("{}", role)).simple());
    await admin(
      `create role {} login password 'of a test'; grant connect on database ${new URL(databases.url("vms")).pathname.slice(1)} to ${role}`,
    );
    onTestFinished(async () => {
      await admin(`drop owned by {}; drop role ${role}`);
    });
    const url = new URL(databases.url("vms"));
    [url.username, url.password] = [role, "of a test"];
    await (await open(domain, "service", url.href)).close();
    await admin(make);
    await expect(open(domain, "service", url.href)).rejects.toMatchObject({ code: "LOGIN_NOT_CONFINED" });
    await admin(undo);
  });

  it("the connections that listen and relay are checked like the others", async () => {
    vi.stubEnv("NOVACRON_ENV", "production");
    const session = (url: string) =>
      openSession({ domain: "vms", url, name: "test", channels: [], onNotify: () => undefined });
    await (await session(databases.url("vms", "system"))).close();
    await expect(session(databases.url("vms", "owner"))).rejects.toMatchObject({ code: "LOGIN_NOT_CONFINED" });
  });
});

describe("case G43: preparing a database", () => {
  const passwords = Object.fromEntries(logins.map((login) => [login, ""])) as Record<Login, string>;
  const passwordsOf = (domain: Domain) => {
    const admin = decodeURIComponent(new URL(adminUrl()).password);
    for (const login of logins) passwords[login] = derivedPassword(admin, loginRole(domain, login));
    return passwords;
  };

  it("changes nothing when the database is already prepared", async () => {
    const prepare = () =>
      prepareDatabase({ domain: "vms", administratorUrl: databases.url("vms"), passwords: passwordsOf("vms") });
    expect(await prepare()).toBe(false);
    await asOwner(databases.url("vms"), (sql) =>
      sql.unsafe(`grant connect on database ${new URL(databases.url("vms")).pathname.slice(1)} to public`),
    );
    expect([await prepare(), await prepare()]).toEqual([true, false]);
  });

  it("transfers ownership of everything that a superuser migrated and owned, and jobs still run through its functions", async () => {
    const old = await scratchDatabase();
    onTestFinished(() => old.drop());
    await migrateDomain(old.url, "monitoring");
    const notOurs = () => old.sql<{ name: string }[]>`
      select name from (
        select oid::regclass::text as name, relowner as owner, relnamespace as namespace from pg_class
        union all select oid::regprocedure::text, proowner, pronamespace from pg_proc
        union all select nspname, nspowner, oid from pg_namespace where nspname = 'drizzle'
      ) as all_of_it join pg_namespace on pg_namespace.oid = namespace
      where nspname in ('public', 'drizzle', 'metric_data', 'metric_storage') and owner <> ${ownerRole("monitoring")}::regrole`;
    expect((await notOurs()).length).toBeGreaterThan(10);
    await prepareDatabase({ domain: "monitoring", administratorUrl: old.url, passwords: passwordsOf("monitoring") });
    expect(await notOurs()).toEqual([]);
    for (const login of logins)
      expect(await pendingMigrations(derivedUrl(old.url, "monitoring", login), "monitoring")).toEqual([]);
    expect(await migrateDomain(derivedUrl(old.url, "monitoring", "owner"), "monitoring")).toEqual([]);
    const system = await openDatabase({
      domain: "monitoring",
      url: derivedUrl(old.url, "monitoring", "system"),
      as: "system",
    });
    onTestFinished(() => system.close());
    expect(await system.write({ tenantId: platformTenantId }, (tx) => dropOldMetrics(tx, new Date()))).toBe(0);
  });

  it("leaves no owner that is a superuser, and no service that is a member of any role", async () => {
    const roles = await asOwner(
      adminUrl(),
      (sql) => sql`
        select rolname as name, rolsuper as super, count(roleid)::int as "memberOf"
        from pg_roles left join pg_auth_members on member = pg_roles.oid
        where rolname = any(${domains.flatMap((domain) => [ownerRole(domain), serviceRole(domain), systemRole(domain)])}::text[])
        group by 1, 2 order by 1`,
    );
    expect(roles).toHaveLength(15);
    for (const { name, super: isSuper, memberOf } of roles)
      expect([name, isSuper, memberOf]).toEqual([name, false, String(name).endsWith("_owner") ? 2 : 0]);
  });
});

it("a password is printed in the form that PostgreSQL stores, not in plain text", async () => {
  const verifier = await scramVerifier("a password");
  expect(verifier).not.toContain("a password");
  expect([await isVerifierOf(verifier, "a password"), await isVerifierOf(verifier, "a passwore")]).toEqual([
    true,
    false,
  ]);
  expect([await isVerifierOf(null, ""), await isVerifierOf("md5abc", "x")]).toEqual([false, false]);
});
