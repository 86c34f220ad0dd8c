import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished } from "vitest";
import { kill } from "#tests/embedded/embedded-fixture.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

const { tenantId, id } = fleetOf(1);
const writersAtOnce = 2;

/** Starts a writer, kills it after some acknowledged changes, at any moment or inside the next one, and returns the last acknowledged version. */
async function writeAndDie(urls: TestDatabases, vm: number, afterChanges: number, inside: boolean): Promise<number> {
  const args = [urls.url("vms"), tenantId, id("vm", vm), ...(inside ? [String(afterChanges)] : [])];
  const child = spawn(process.execPath, [bundle("tests/failure/write-and-die.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => kill(child));
  const exited = once(child, "exit");
  let acknowledged = 0;
  let changes = 0;
  for await (const line of createInterface(child.stdout)) {
    if (line !== "inside") acknowledged = Number(line);
    // Never at the same moment of a transaction: each writer runs at its own pace.
    if (line === "inside" || (++changes === afterChanges && !inside)) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

/**
 * Kills writers in the middle of their transactions, and compares what they changed with the events in the outbox.
 * @returns how many events were appended in transactions that were killed before their commit
 */
export async function killWriters(rounds: number): Promise<number> {
  const urls = await cloneDatabases();
  onTestFinished(() => urls.drop());
  await insertFleet(urls, 1, writersAtOnce);
  const acknowledged = await Promise.all(
    Array.from({ length: writersAtOnce }, async (_, writer) => {
      let last = 0;
      for (let round = 0; round < rounds; round++)
        last = await writeAndDie(urls, writer + 1, 1 + 7 * round + writer, round % 2 === 1);
      return last;
    }),
  );
  return asOwner(urls.url("vms"), async (owner) => {
    // The session of a killed writer may still be committing.
    await owner`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and application_name = 'novacron_vms'`;
    for (const [writer, last] of acknowledged.entries()) {
      const vm = id("vm", writer + 1);
      const [row] = await owner<{ version: number; name: string }[]>`select version, name from vms where id = ${vm}`;
      const version = row?.version ?? 0;
      expect(version).toBeGreaterThanOrEqual(last);
      const events = await owner<{ version: number; name: string }[]>`
        select entity_version::int as version, payload->>'name' as name from outbox_events where entity_key = ${vm} order by id`;
      expect(events).toEqual(
        Array.from({ length: version - 1 }, (_, at) => ({ version: at + 2, name: `${vm} at ${at + 2}` })),
      );
      expect(row?.name).toBe(`${vm} at ${version}`);
    }
    // The sequence never returns the ids of uncommitted transactions again.
    const [ids] = await owner<{ lost: number }[]>`
      select (last_value - (select count(*) from outbox_events))::int as lost from outbox_events_id_seq`;
    return ids?.lost ?? 0;
  });
}
