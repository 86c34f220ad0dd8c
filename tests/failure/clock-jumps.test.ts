import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openDatabase } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { signContext, verifyContext } from "#lib/signed-context.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { cloneDatabases } from "#tests/harness/server.ts";

// Only what `Date` says jumps, as when somebody sets the clock: timers and `performance.now()` go on.
const jump = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now(), shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

const { tenantId, id } = fleetOf(1);
const one = statement<{ one: number }>(() => sql`select 1 as one`);
const forLong = statement(() => sql`select pg_sleep(10)`);

describe("26: when the clock jumps by five minutes,", () => {
  it.each([5, -5])("a transaction keeps the deadline that it was begun with (%i min)", async (minutes) => {
    const urls = await cloneDatabases(["vms"]);
    const database = await openDatabase({ domain: "vms", url: urls.url("vms"), maxConnections: 1 });
    onTestFinished(async () => {
      await database.close();
      await urls.drop();
    });
    const patient = database.read({ tenantId, deadline: Date.now() + 20_000 });
    const impatient = database.read({ tenantId, deadline: Date.now() + 500 });
    jump(minutes);
    expect(await patient.run(one)).toEqual([{ one: 1 }]);
    // It waits for the only connection.
    const begun = performance.now();
    await expect(impatient.run(one)).rejects.toMatchObject({ code: "SUBGRAPH_TIMEOUT" });
    expect(performance.now() - begun).toBeLessThan(2_000);
    await patient.end();
    const statementToo = database.read({ tenantId, deadline: Date.now() + 500 });
    jump(minutes);
    await expect(statementToo.run(forLong)).rejects.toMatchObject({ code: "SUBGRAPH_TIMEOUT" });
    await statementToo.end();
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  it("a subgraph refuses calls that are signed by a slower clock, and answers those of a faster one", () => {
    const signed = () => {
      const identity = wholeTenantIdentity(tenantId, id("user"));
      return signContext("key", "vms", { identity, requestId: "r", deadline: Date.now() + 15_000 }, "body");
    };
    const verified = (headers: Record<string, string>) => verifyContext("key", "vms", headers, "body") !== undefined;
    const slower = signed();
    expect(verified(slower)).toBe(true);
    jump(5);
    expect(verified(slower)).toBe(false);
    const faster = signed();
    jump(-5);
    expect(verified(faster)).toBe(true);
    // Seconds are forgiven in both directions.
    const late = signed();
    vi.setSystemTime(Date.now() + 19_000);
    expect(verified(late)).toBe(true);
  });
});
