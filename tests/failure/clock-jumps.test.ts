import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openDatabase } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { callerKeys, callSigner } from "#lib/trust/call-keys.ts";
import { signContext, verifyContext } from "#lib/trust/signed-context.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { cloneDatabases } from "#tests/harness/server.ts";

// Only the value of `Date` jumps, as when an operator sets the clock; timers and `performance.now()` do not.
const jump = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now(), shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

const { tenantId, id } = fleetOf(1);
const one = statement<{ one: number }>(() => sql`select 1 as one`);
const forLong = statement(() => sql`select pg_sleep(10)`);

describe("fault 26: when the clock jumps by five minutes,", () => {
  it.each([5, -5])("a transaction keeps the deadline that it began with (%i min)", async (minutes) => {
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

  it("a subgraph refuses calls that are signed by a clock minutes behind or ahead of its own, and accepts a difference of seconds", () => {
    const keys = [{ id: "1", secret: "key" }] as const;
    const signed = () => {
      const identity = wholeTenantIdentity(tenantId, id("user"));
      const context = { identity, requestId: "r", deadline: Date.now() + 15_000 };
      return signContext(callSigner("gateway", keys), { audience: "vms", context, body: "body" });
    };
    const verified = (headers: Record<string, string>) => {
      const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
      return verifyContext(callerKeys("gateway", keys, "vms"), "vms", sent, "body");
    };
    const slower = signed();
    expect(verified(slower)).toHaveProperty("context");
    jump(5);
    expect(verified(slower)).toEqual({ refused: "expired" });
    const faster = signed();
    jump(-5);
    expect(verified(faster)).toEqual({ refused: "from the future" });
    const late = signed();
    vi.setSystemTime(Date.now() + 14_000);
    expect(verified(late)).toHaveProperty("context");
    const early = signed();
    vi.setSystemTime(Date.now() - 4_000);
    expect(verified(early)).toHaveProperty("context");
  });
});
