import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openOwnLog } from "#runtime/events/own-log.ts";
import { callsInProcess } from "#runtime/service-calls.ts";
import { createVmsSubgraph } from "#subgraphs/vms/subgraph.ts";
import { asOwner } from "#tests/harness/server.ts";
import { until } from "#tests/events/until.ts";
import {
  dataOf,
  everything,
  firstOf,
  liveSubgraphs,
  type LiveSubgraphs,
  Subscriber,
  writeStates,
} from "./subgraph-fixture.ts";

let live: LiveSubgraphs;
beforeAll(async () => {
  live = await liveSubgraphs();
});
afterAll(() => live.stop());

const query = "subscription { vmStateChanged { toState } }";

describe("a subgraph that runs as a separate process", () => {
  it("follows the log of its own database only, and closes all connections at the end", async () => {
    const sessions = () =>
      asOwner(live.urls.url("vms"), async (sql) => {
        const [row] = await sql<{ count: number }[]>`
          select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
        return row?.count;
      });
    const before = await sessions();
    const { log, close } = await openOwnLog("vms", live.urls.url("vms"));
    const subgraph = createVmsSubgraph({ database: live.services.vms, log, calls: callsInProcess("vms", []) });
    const subscriber = await Subscriber.of(subgraph, { query }, everything(live.ours));
    const vmId = live.ours.id("vm", 3);
    await writeStates(live, live.ours, [{ vmId, from: "running", to: "stopped" }]);
    expect((await subscriber.take(1)).map(dataOf)).toEqual([{ vmStateChanged: { toState: "STOPPED" } }]);
    await expect(log.head(["monitoring"])).rejects.toThrow("This log has no database monitoring.");
    subscriber.stop();
    await close();
    await until("its connections are closed", async () => (await sessions()) === before);
  });

  it("reports the oldest position that can be resumed, when a position is no longer kept", async () => {
    const after = await live.vms.subscriptions?.position(AbortSignal.timeout(10_000));
    await writeStates(live, live.ours, [{ vmId: live.ours.id("vm", 3), from: "stopped", to: "running" }]);
    await asOwner(
      live.urls.url("vms"),
      (sql) => sql`update event_log set horizon_id = (select max(id) from outbox_events)`,
    );
    const oldest = await live.vms.subscriptions?.position(AbortSignal.timeout(10_000));
    await expect(firstOf(live.vms, { query, after }, everything(live.ours))).rejects.toMatchObject({
      code: "POSITION_EXPIRED",
      details: { oldest },
    });
    expect(await firstOf(live.vms, { query, after: oldest }, everything(live.ours))).toEqual([{ position: oldest }]);
  });
});
