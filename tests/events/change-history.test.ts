import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeOldChanges, shortestRetentionSeconds } from "#db/change-history/retention.ts";
import { type Database, openDatabase, type Scope, type WriteTx } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import { upsert } from "#db/upsert.ts";
import { vmChanges } from "#db/vms/changes.ts";
import { vms as vmTable } from "#db/vms/schema/vms.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { newId } from "#lib/uuid.ts";

const tenantId = "0197a000-0000-7000-8000-00000000000a";
const other = "0197a000-0000-7000-8000-00000000000b";
const scope: Scope = { tenantId, actor: "user:0197a000-0000-7000-8000-0000000000aa", requestId: "request-1" };

let urls: TestDatabases;
let vms: Database;
let system: Database;
beforeAll(async () => {
  urls = await cloneDatabases(["auth", "vms"]);
  vms = await openDatabase({ domain: "vms", url: urls.url("vms", "service"), maxConnections: 16 });
  system = await openDatabase({ domain: "vms", url: urls.url("vms", "system"), as: "system" });
});
afterAll(async () => {
  await Promise.all([vms.close(), system.close()]);
  await urls.drop();
});

interface Recorded {
  type: string;
  key: string;
  kind: string;
  version: number | null;
  actor: string | null;
  request: string | null;
  operation: string | null;
  fields: Record<string, [unknown, unknown]>;
}

const select = `select entity_type as type, entity_key as key, kind, entity_version::int as version, actor, request_id as request,
  operation_id as operation, fields, tenant_id as tenant from entity_changes`;
const owner = <Row extends object>(text: string) =>
  asOwner(urls.url("vms"), async (connection) => (await connection.unsafe(text)) as unknown as Row[]);
const changesOf = (key: string) => owner<Recorded>(`${select} where entity_key = '${key}' order by changed_at`);

const run = (tx: WriteTx, text: string) => tx.execute(statement(() => sql.raw(text)));
const insertOf = (ids: readonly string[], name = "a") =>
  `insert into vms (id, name, hypervisor_type, owner_id, tenant_id, resource_config, security_config)
   select id, '${name}' || n, 'kvm', id, '${tenantId}', '{"cpuMillicores": 1}', '{"password": "of a person"}'
   from unnest('{${ids.join(",")}}'::uuid[]) with ordinality as given (id, n)`;

it("an insert, an update and a deletion leave a change each, with its actor, request and operation", async () => {
  const [id] = [newId()];
  const operationId = newId();
  await vms.write(scope, (tx) => run(tx, insertOf([id], "created")));
  await vms.write({ ...scope, operationId }, (tx) =>
    run(
      tx,
      `update vms set name = 'renamed', tags = '{"env": "prod"}', security_config = null, version = version + 1 where id = '${id}'`,
    ),
  );
  await vms.write({ tenantId }, (tx) => run(tx, `delete from vms where id = '${id}'`));
  const by = { type: "Vm", key: id, tenant: tenantId };
  expect(await changesOf(id)).toEqual([
    { ...by, kind: "CREATED", version: 1, actor: scope.actor, request: "request-1", operation: null, fields: {} },
    {
      ...by,
      kind: "UPDATED",
      version: 2,
      actor: scope.actor,
      request: "request-1",
      operation: operationId,
      fields: { name: ["created1", "renamed"], tags: [{}, { env: "prod" }], securityConfig: [] },
    },
    {
      ...by,
      kind: "DELETED",
      version: 2,
      actor: null,
      request: null,
      operation: null,
      fields: {
        name: ["renamed", null],
        state: ["creating", null],
        hypervisorType: ["kvm", null],
        ownerId: [id, null],
        resourceConfig: [{ cpuMillicores: 1 }, null],
        tags: [{ env: "prod" }, null],
        isProtected: [false, null],
      },
    },
  ]);
});

describe("a statement", () => {
  it("that changes nothing which is recorded leaves no change", async () => {
    const id = newId();
    await vms.write(scope, (tx) => run(tx, insertOf([id], "quiet")));
    await vms.write(scope, (tx) =>
      run(tx, `update vms set version = version + 1, updated_at = now() where id = '${id}'`),
    );
    await vms.write(scope, (tx) => run(tx, `update vms set name = name where id = '${id}'`));
    expect((await changesOf(id)).map(({ kind }) => kind)).toEqual(["CREATED"]);
  });

  it("that writes many rows leaves a change for each that was created or differs", async () => {
    const ids = Array.from({ length: 2_500 }, () => newId());
    const rows = (description: string, of = ids) =>
      of.map((id, at) => ({
        id,
        description,
        name: `many ${at}`,
        hypervisorType: "kvm" as const,
        ownerId: id,
        tenantId,
        resourceConfig: { cpuMillicores: 1, memoryMb: 1 },
      }));
    const write = (given: ReturnType<typeof rows>) =>
      vms.write({ ...scope, requestId: "many" }, (tx) =>
        upsert(tx, vmTable, given, { onConflict: ["id"], update: "all", emits: vmChanges }),
      );
    await write(rows("one", ids.slice(0, 2_000)));
    await write(rows("two"));
    await write(rows("two"));
    const kinds = await owner<{ kind: string; rows: number; fields: unknown }>(
      `select kind, count(*)::int as rows, jsonb_agg(distinct fields) as fields from entity_changes where request_id = 'many' group by kind order by kind`,
    );
    expect(kinds).toEqual([
      { kind: "CREATED", rows: 2_500, fields: [{}] },
      { kind: "UPDATED", rows: 2_000, fields: [{ description: ["one", "two"] }] },
    ]);
  });

  it("that is rolled back leaves none", async () => {
    const id = newId();
    const failing = vms.write(scope, async (tx) => {
      await run(tx, insertOf([id], "undone"));
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await changesOf(id)).toEqual([]);
  });

  it("has the same version as the event of its change, and 64 at once each leave their own", async () => {
    const id = newId();
    const row = (description: string) => ({
      id,
      description,
      name: "contested",
      hypervisorType: "kvm" as const,
      ownerId: id,
      tenantId,
      resourceConfig: { cpuMillicores: 1, memoryMb: 1 },
    });
    await vms.write({ tenantId }, (tx) =>
      upsert(tx, vmTable, [row("first")], { onConflict: ["id"], update: "all", emits: vmChanges }),
    );
    await Promise.all(
      Array.from({ length: 64 }, (_, at) =>
        vms.write({ tenantId, actor: `command:${at}`, requestId: `at once ${at}` }, (tx) =>
          upsert(tx, vmTable, [row(String(at))], { onConflict: ["id"], update: "all", emits: vmChanges }),
        ),
      ),
    );
    const changes = await changesOf(id);
    expect(changes.map(({ version }) => version)).toEqual(Array.from({ length: 65 }, (_, at) => at + 1));
    let before: string | undefined = "first";
    for (const { actor, request, fields } of changes.slice(1)) {
      const author = actor?.slice("command:".length);
      expect(request).toBe(`at once ${author}`);
      expect(fields).toEqual({ description: [before, author] });
      before = author;
    }
    const events = await owner<{ actor: string; version: number }>(
      `select actor, entity_version::int as version from outbox_events where entity_key = '${id}' order by version`,
    );
    expect(events).toEqual(changes.map(({ actor, version }) => ({ actor, version })));
  });
});

it("values are as events have them: times and exact numbers as text, and secrets are none of them", async () => {
  const auth = await openDatabase({ domain: "auth", url: urls.url("auth", "service") });
  const ids = { tenant: newId(), user: newId(), role: newId() };
  const as = { tenantId: ids.tenant, actor: "command:test" };
  await auth.write(as, async (tx) => {
    await run(tx, `insert into tenants (id, name) values ('${ids.tenant}', 'values')`);
    await run(
      tx,
      `insert into tenant_quotas (tenant_id, max_monthly_spend) values ('${ids.tenant}', 12345678.123456789)`,
    );
    await run(
      tx,
      `insert into users (id, tenant_id, username, email, password_hash) values ('${ids.user}', '${ids.tenant}', 'u', 'u@x', 'a hash')`,
    );
    await run(tx, `insert into roles (id, tenant_id, name) values ('${ids.role}', '${ids.tenant}', 'r')`);
    await run(
      tx,
      `insert into user_roles (user_id, role_id, tenant_id) values ('${ids.user}', '${ids.role}', '${ids.tenant}')`,
    );
    await run(
      tx,
      `update users set password_hash = 'another hash', mfa_secret = 'sealed', disabled_at = '2026-01-02T03:04:05.678Z', failed_login_attempts = 3
       where id = '${ids.user}'`,
    );
    await run(tx, `delete from users where id = '${ids.user}'`);
  });
  await auth.close();
  const found = await asOwner(urls.url("auth"), (connection) =>
    connection.unsafe<Recorded[]>(`${select} where tenant_id = '${ids.tenant}' order by changed_at`),
  );
  const quota = { "quota.maxMonthlySpend": [null, "12345678.123456789"], "quota.currency": [null, "USD"] };
  expect(found.map(({ type, kind, fields }) => ({ type, kind, fields }))).toEqual([
    { type: "Tenant", kind: "CREATED", fields: {} },
    { type: "Tenant", kind: "UPDATED", fields: quota },
    { type: "User", kind: "CREATED", fields: {} },
    { type: "Role", kind: "CREATED", fields: {} },
    { type: "User", kind: "UPDATED", fields: { "roles.roleId": [null, ids.role] } },
    { type: "User", kind: "UPDATED", fields: { disabledAt: [null, "2026-01-02T03:04:05.678Z"] } },
    { type: "User", kind: "DELETED", fields: expect.objectContaining({ username: ["u", null], role: ["user", null] }) },
    { type: "User", kind: "UPDATED", fields: { "roles.roleId": [ids.role, null] } },
  ]);
  expect(JSON.stringify(found)).not.toMatch(/hash|sealed/);
});

it("an update of a key column that is recorded leaves the removal of the old value and the addition of the new one", async () => {
  const [tenant, user, one, two] = [newId(), newId(), newId(), newId()];
  const found = await asOwner(urls.url("auth"), async (connection) => {
    await connection`insert into tenants (id, name) values (${tenant}, 'keys')`;
    await connection`insert into users (id, tenant_id, username, email, password_hash) values (${user}, ${tenant}, 'k', 'k@x', 'x')`;
    await connection`insert into roles (id, tenant_id, name) values (${one}, ${tenant}, 'one'), (${two}, ${tenant}, 'two')`;
    await connection`insert into user_roles (user_id, role_id, tenant_id) values (${user}, ${one}, ${tenant})`;
    await connection`update user_roles set role_id = ${two} where user_id = ${user}`;
    await connection`update user_roles set granted_at = now() where user_id = ${user}`;
    return connection.unsafe<Recorded[]>(
      `${select} where entity_key = '${user}' and kind = 'UPDATED' order by changed_at`,
    );
  });
  const changed = found.map(({ fields }) => JSON.stringify(fields["roles.roleId"]));
  expect(changed.toSorted()).toEqual(
    [
      [null, one],
      [one, null],
      [null, two],
    ]
      .map((each) => JSON.stringify(each))
      .toSorted(),
  );
});

it("the changes of a table without a primary key cannot be recorded", async () => {
  const attempt = asOwner(urls.url("vms"), (connection) =>
    connection.begin(async (tx) => {
      await tx`create table keyless (id uuid, tenant_id uuid, name text)`;
      await tx`select record_changes('keyless', 'Keyless', array['name'])`;
    }),
  );
  await expect(attempt).rejects.toThrow("the table keyless has no primary key");
});

describe("the service", () => {
  it.each([
    [
      "insert",
      `insert into entity_changes (entity_type, entity_key, kind, changed_at, fields, tenant_id) values ('Vm', gen_random_uuid(), 'CREATED', now(), '{}', '${tenantId}')`,
    ],
    ["update", "update entity_changes set actor = 'user:another'"],
    ["delete", "delete from entity_changes"],
    ["truncate", "truncate entity_changes"],
    ["remove months", "select drop_change_partitions(now() - interval '400 days')"],
    ["create months", "select ensure_change_partitions()"],
    ["change what is recorded", "select record_changes('vms', 'Vm', '{}')"],
    ["disable the recording", "alter table vms disable trigger record_update"],
    ["record without a change", "select record_vms()"],
  ])("cannot %s", async (_what, text) => {
    const attempt = asOwner(urls.url("vms", "service"), (connection) =>
      connection.begin(async (tx) => {
        await tx`set local role novacron_vms`;
        await tx`select set_config('app.tenant_id', ${tenantId}, true)`;
        return tx.unsafe(text);
      }),
    );
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|0A000)$/) });
  });

  it("sees the changes of its tenant, and none of another", async () => {
    const id = newId();
    await vms.write(scope, (tx) => run(tx, insertOf([id], "own")));
    const seenBy = (tenant: string) =>
      vms.write({ tenantId: tenant }, (tx) =>
        tx.run(
          statement<{ key: string }>(() =>
            sql.raw(`select entity_key as key from entity_changes where entity_key = '${id}'`),
          ),
        ),
      );
    expect(await seenBy(tenantId)).toEqual([{ key: id }]);
    expect(await seenBy(other)).toEqual([]);
  });
});

describe("a month", () => {
  const partitions = async () =>
    (
      await owner<{ name: string }>(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'entity_changes'::regclass order by 1",
      )
    ).map(({ name }) => name);
  const nameOf = (month: Date) =>
    `change_data.entity_changes_y${month.getUTCFullYear()}m${String(month.getUTCMonth() + 1).padStart(2, "0")}`;
  const thisMonth = () => nameOf(new Date());

  it("without a partition gets one by its first change, also when many come at once", async () => {
    await owner(`drop table ${thisMonth()}`);
    const ids = Array.from({ length: 16 }, () => newId());
    await Promise.all(ids.map((id) => vms.write(scope, (tx) => run(tx, insertOf([id], id)))));
    expect(await partitions()).toContain(thisMonth());
    const [count] = await owner<{ rows: number }>(
      `select count(*)::int as rows from ${thisMonth()} where entity_key = any('{${ids.join(",")}}')`,
    );
    expect(count?.rows).toBe(16);
  });

  it("is removed as a whole once it ended longer ago than the retention, and no younger one", async () => {
    const at = (days: number) => `now() - interval '${days} days'`;
    for (const days of [500, 120, 70]) {
      await owner(`select ensure_change_partition(${at(days)})`);
      await owner(`insert into entity_changes (entity_type, entity_key, kind, changed_at, fields)
        values ('Vm', gen_random_uuid(), 'CREATED', ${at(days)}, '{}')`);
    }
    const before = await partitions();
    expect(await removeOldChanges(system, 365 * 86_400, AbortSignal.abort())).toBe(0);
    expect(await removeOldChanges(system, 365 * 86_400)).toBe(1);
    expect(await removeOldChanges(system, 365 * 86_400)).toBe(0);
    expect(await partitions()).toEqual(before.slice(1));
    await expect(removeOldChanges(system, shortestRetentionSeconds - 86_400)).rejects.toThrow("at least 31 days");
    expect(await removeOldChanges(system, 80 * 86_400)).toBeGreaterThan(0);
    const [rows] = await owner<{ old: number }>(
      `select count(*) filter (where changed_at < ${at(111)})::int as old, count(*)::int as all from entity_changes where actor is null`,
    );
    expect(rows?.old).toBe(0);
  });
});
