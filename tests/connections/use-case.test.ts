import { afterAll, beforeAll, expect, it } from "vitest";
import { insertTenant, lockTenant } from "#db/auth/tenant-writes.ts";
import { CallConnections } from "#db/call-connections.ts";
import { type Database, openDatabase, type WriteTx } from "#db/client.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { write } from "#subgraphs/auth/use-case.ts";
import { done, notThere, refused, write as writeUnrecorded } from "#subgraphs/use-case.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

let urls: TestDatabases;
/** A pool of one connection. */
let database: Database;
beforeAll(async () => {
  urls = await cloneDatabases(["auth"]);
  database = await openDatabase({ domain: "auth", url: urls.url("auth"), maxConnections: 1 });
});
afterAll(async () => {
  await database.close();
  await urls.drop();
});

const requestIn = (tenantId: string): RequestContext => ({
  identity: { kind: "service", id: "test", name: "a test", tenantId, permissions: ["*"] },
  requestId: "request",
  deadline: Date.now() + 10_000,
});
const insert = (tx: WriteTx, name: string) => insertTenant(tx, { name, displayName: null, description: null });

/** Returns what a transaction left of a tenant: its name, its events in order (those of the tenant itself are the platform's), and its audit log. */
const keptIn = (tenantId: string) =>
  asOwner(urls.url("auth"), async (sql) => {
    const names = await sql<{ name: string }[]>`select name from tenants where id = ${tenantId}`;
    const events = await sql<{ type: string; actor: string }[]>`
      select type, actor from outbox_events where ${tenantId} in (tenant_id::text, entity_key) order by id`;
    const entries = await sql<{ action: string; actor_name: string; success: boolean }[]>`
      select action, actor_name, success from auth_audit_log where tenant_id = ${tenantId}`;
    return { names: names.map(({ name }) => name), events: [...events], entries: [...entries] };
  });

it("a change that is done keeps its rows, its events and then its entry in the audit log, with the caller as the actor", async () => {
  const tenantId = newId();
  const outcome = await write({ database }, requestIn(tenantId), async (tx) =>
    done(await insert(tx, "kept"), { action: "tenant.create" }),
  );
  expect(outcome).toEqual(done(true));
  expect(await keptIn(tenantId)).toEqual({
    names: ["kept"],
    events: ["tenant.created", "auth_audit_entry.created"].map((type) => ({ type, actor: "service:test" })),
    entries: [{ action: "tenant.create", actor_name: "a test", success: true }],
  });
});

it("a change keeps its rows and events in a domain without an audit log, where it cannot name an entry", async () => {
  const tenantId = newId();
  const change = async (tx: WriteTx) => done(await insert(tx, "unrecorded"));
  expect(await writeUnrecorded({ database }, requestIn(tenantId), change)).toEqual(done(true));
  const kept = { names: ["unrecorded"], events: [{ type: "tenant.created", actor: "service:test" }], entries: [] };
  expect(await keptIn(tenantId)).toEqual(kept);
  const recorded = async () => done("something", { action: "tenant.create" });
  await expect(writeUnrecorded({ database }, requestIn(tenantId), recorded)).rejects.toThrow(
    "no log for tenant.create",
  );
  expect(await keptIn(tenantId)).toEqual(kept);
});

it("a change that finds everything as it should be adds no entry to the audit log", async () => {
  const tenantId = newId();
  expect(await write({ database }, requestIn(tenantId), async () => done("as it is"))).toEqual(done("as it is"));
  expect(await keptIn(tenantId)).toEqual({ names: [], events: [], entries: [] });
});

it.each([
  ["is refused", refused(userError("NAME_TAKEN"))],
  ["does not find its object", notThere("tenant")],
])("a change that %s keeps nothing of what it wrote before, and returns its connection", async (_why, outcome) => {
  const tenantId = newId();
  const changed = await write({ database }, requestIn(tenantId), async (tx) => {
    await insert(tx, "not kept");
    return outcome;
  });
  expect(changed).toEqual(outcome);
  expect(await keptIn(tenantId)).toEqual({ names: [], events: [], entries: [] });
  expect(await write({ database }, requestIn(tenantId), async (tx) => done(await lockTenant(tx)))).toEqual(
    done(undefined),
  );
});

it("case G21: a change that would open a second transaction throws, and keeps nothing", async () => {
  const tenantId = newId();
  const call = new CallConnections(database);
  const services = { database: call.task().on(database) };
  const nested = write(services, requestIn(tenantId), async (tx) => {
    await insert(tx, "not kept");
    return write(services, requestIn(tenantId), async () => done(true));
  });
  await expect(nested).rejects.toThrow("waits for one");
  await call.end();
  expect(await keptIn(tenantId)).toEqual({ names: [], events: [], entries: [] });
});
