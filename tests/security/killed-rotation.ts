import { setTimeout as delay } from "node:timers/promises";
import type postgres from "postgres";
import { expect, onTestFinished } from "vitest";
import { domains } from "#db/columns.ts";
import { asOwner } from "#tests/harness/server.ts";
import { beginNovacron, novacron } from "#tests/running/command.ts";
import type { SealedFleet } from "./sealed-fleet.ts";

/** The points at which a rotation is killed. At each of them it waits for another session, which then lets it continue. */
export const killPoints = {
  "before its key is made": { blocks: () => lockKeys, made: 0, sealed: 0 },
  "when its key is made, and no secret is encrypted with it": { blocks: () => lockUser(0), made: 1, sealed: 0 },
  "after its first batch": { blocks: () => lockUser(200), made: 1, sealed: 200 },
  "in the middle of writing its second batch": { blocks: () => stopWriting(250), made: 1, sealed: 200 },
  "after the users, before the providers": { blocks: () => lockProvider, made: 1, sealed: 450 },
} as const satisfies Record<string, { blocks: () => Block; made: number; sealed: number }>;

/** @param meanwhile receives the process id of the backend that blocks the rotation */
type Block = (fleet: SealedFleet, meanwhile: (pid: number) => Promise<void>) => Promise<void>;

const ownPid = async (sql: postgres.TransactionSql): Promise<number> =>
  (await sql<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid ?? 0;

const lockKeys: Block = (fleet, meanwhile) =>
  fleet.auth.begin(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('novacron.keys', 0))`;
    await meanwhile(await ownPid(sql));
  });

/** @param at the user's position in the order of rotations */
const lockUser =
  (at: number): Block =>
  (fleet, meanwhile) =>
    fleet.auth.begin(async (sql) => {
      // Two statements, because one would also lock the rows that OFFSET skips.
      await sql`select from users where id = (select id from users order by id limit 1 offset ${at}) for update`;
      await meanwhile(await ownPid(sql));
    });

const lockProvider: Block = (fleet, meanwhile) =>
  fleet.federation.begin(async (sql) => {
    await sql`select from cloud_providers for update`;
    await meanwhile(await ownPid(sql));
  });

/** Blocks the statement that writes a batch when it reaches this user. */
const stopWriting =
  (at: number): Block =>
  async (fleet, meanwhile) => {
    const sql = fleet.auth;
    await sql`create function wait_here() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(4711); return new; end $$`;
    const [user] = await sql<{ id: string }[]>`select id from users order by id limit 1 offset ${at}`;
    await sql.unsafe(
      `create trigger wait_here before update on users for each row when (old.id = '${user?.id}') execute function wait_here()`,
    );
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(4711)`;
      await meanwhile(await ownPid(tx));
    });
    await sql`drop function wait_here cascade`;
  };

/**
 * Sends `kill -9` to `novacron keys rotate` at this point, and runs it again from there. Checks that every secret opens at each moment, and at the
 * end under the new key alone.
 */
export async function killRotation(fleet: SealedFleet, point: keyof typeof killPoints): Promise<void> {
  await fleet.renew();
  const { blocks, made, sealed } = killPoints[point];
  const before = fleet.keys();
  const env = {
    ...fleet.env,
    ...Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, fleet.clones.url(domain)])),
  };
  await blocks()(fleet, async (pid) => {
    const { child, ended } = beginNovacron(["keys", "rotate"], env);
    onTestFinished(() => void child.kill("SIGKILL"));
    await untilLockIsAwaited(fleet, pid, ended);
    child.kill("SIGKILL");
    expect(await ended).toMatchObject({ code: null, stdout: "" });
  });
  expect(fleet.keys().encryptionKeys).toHaveLength(before.encryptionKeys.length + made);
  expect(fleet.keys()).toMatchObject({ pepper: before.pepper, signingKeys: before.signingKeys });
  if (made > 0) expect(await fleet.sealedUnderNewest()).toBe(sealed);
  expect(await fleet.lost()).toEqual([]);

  const again = await novacron(["keys", "rotate", "--json"], env);
  expect([again.code, JSON.parse(again.stdout)]).toEqual([
    0,
    { keyId: fleet.keys().encryptionKeys[0].id, made: made === 0, resealed: 451 - sealed, removed: [] },
  ]);
  const removed = await novacron(["keys", "rotate", "--remove-old", "--json"], env);
  expect(JSON.parse(removed.stdout)).toMatchObject({ removed: before.encryptionKeys.map(({ id }) => id) });
  expect(fleet.keys().encryptionKeys).toHaveLength(1);
  expect(await fleet.lost()).toEqual([]);
}

/** Resolves once the rotation waits for that backend; the rotation would give up after a second. */
async function untilLockIsAwaited(fleet: SealedFleet, pid: number, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  await asOwner(fleet.clones.url("auth"), async (sql) => {
    for (;;) {
      const waiting = await sql`
        select from pg_stat_activity where wait_event_type = 'Lock' and ${pid} = any(pg_blocking_pids(pid))`;
      if (waiting.length > 0) return;
      if (over) throw new Error("The rotation ended before it reached the point at which it was to be killed.");
      await delay(5);
    }
  });
}
