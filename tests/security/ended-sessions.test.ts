import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Database, openDatabase } from "#db/client.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { removeEndedSessions } from "#subgraphs/auth/sessions/remove-ended-sessions.ts";
import { migratedDatabase } from "#tests/migrations/migrated-database.ts";
import type { ScratchDatabase } from "#tests/migrations/scratch-database.ts";

const dayMs = 86_400_000;
const now = new Date("2026-05-04T12:00:00Z");
const scope = { tenantId: platformTenantId, actor: "job:test" };
const never = new AbortController().signal;

let scratch: ScratchDatabase;
let system: Database;
beforeAll(async () => {
  scratch = await migratedDatabase("auth");
  system = await openDatabase({ domain: "auth", url: scratch.url, as: "system" });
});
afterAll(async () => {
  await system?.close();
  await scratch?.drop();
});
beforeEach(() => scratch.sql`truncate user_sessions`);

/** Inserts sessions of a tenant of its own that ended this many days before `now`. */
async function ended(...days: number[]): Promise<void> {
  const [tenantId, userId] = [randomUUID(), randomUUID()];
  await scratch.sql`insert into tenants (id, name) values (${tenantId}, ${tenantId})`;
  await scratch.sql`insert into users (id, tenant_id, username, email, password_hash)
    values (${userId}, ${tenantId}, ${userId}, ${`${userId}@example.org`}, 'x')`;
  for (const each of days)
    await scratch.sql`insert into user_sessions (id, tenant_id, user_id, token_hash, expires_at)
      values (${randomUUID()}, ${tenantId}, ${userId}, ${randomUUID()}, ${new Date(now.getTime() - each * dayMs)})`;
}

const kept = async () =>
  (await scratch.sql<{ at: Date }[]>`select expires_at as at from user_sessions order by at desc`).map(
    ({ at }) => (now.getTime() - at.getTime()) / dayMs,
  );

it("sessions of all tenants that ended more than 90 days ago are removed, and no other", async () => {
  await ended(-1, 1, 90);
  await ended(91, 400);
  expect(await removeEndedSessions(system, scope, now, never)).toBe(2);
  expect(await kept()).toEqual([-1, 1, 90]);
  expect(await removeEndedSessions(system, scope, now, never)).toBe(0);
});

it("four programs that remove ended sessions at once remove each one once", async () => {
  await ended(...Array.from({ length: 40 }, (_, at) => 100 + at));
  const removed = await Promise.all([1, 2, 3, 4].map(() => removeEndedSessions(system, scope, now, never, 7)));
  expect(removed.reduce((sum, each) => sum + each, 0)).toBe(40);
  expect(await kept()).toEqual([]);
});

it("a removal of ended sessions that is stopped after a batch has removed the oldest, and the next round removes the rest", async () => {
  await ended(100, 101, 102, 103);
  const stopping = new AbortController();
  const stopsAfterOne: Database = {
    ...system,
    write: (of, use) => system.write(of, use).finally(() => stopping.abort()),
  };
  expect(await removeEndedSessions(stopsAfterOne, scope, now, stopping.signal, 3)).toBe(3);
  expect(await kept()).toEqual([100]);
  expect(await removeEndedSessions(system, scope, now, never, 3)).toBe(1);
  expect(await kept()).toEqual([]);
});
