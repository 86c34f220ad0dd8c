import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moveAlert, raiseAlerts } from "#db/monitoring/alert-writes.ts";
import { newId } from "#lib/uuid.ts";
import type { Fleet } from "#tests/graph/rows.ts";
import { dataOf, everything, firstOf, liveSubgraphs, type LiveSubgraphs, Subscriber } from "./subgraph-fixture.ts";

let live: LiveSubgraphs;
beforeAll(async () => {
  live = await liveSubgraphs();
});
afterAll(() => live.stop());

const query = `subscription ($filter: AlertFilter) {
  alertChanged(filter: $filter) { state severity version changedAt alert { id state message } } }`;

const writing = { actor: "job:test" };
/** Raises an alert of one of the tenant's rules, on a VM that has none. */
async function raise(fleet: Fleet, severity: "warning" | "critical"): Promise<string> {
  const id = newId();
  await live.services.monitoring.write({ ...writing, tenantId: fleet.tenantId }, (tx) =>
    raiseAlerts(tx, [
      {
        id,
        tenantId: fleet.tenantId,
        ruleId: fleet.id("alertRule"),
        vmId: newId(),
        state: "pending",
        severity,
        message: "raised by a test",
        startedAt: new Date(),
      },
    ]),
  );
  return id;
}
const move = (fleet: Fleet, id: string, from: "pending" | "firing", to: "firing" | "resolved") =>
  live.services.monitoring.write({ ...writing, tenantId: fleet.tenantId }, (tx) => moveAlert(tx, { id, from, to }));

const changes = (events: Awaited<ReturnType<Subscriber["take"]>>) =>
  events.map((event) => dataOf(event)["alertChanged"] as { alert: { id: string; state: string } });

describe("alertChanged", () => {
  it("emits each change with the alert's state after it, and the alert as it is now", async () => {
    const before = await Subscriber.of(live.monitoring, { query }, everything(live.ours));
    const id = await raise(live.ours, "warning");
    await move(live.ours, id, "pending", "firing");
    await move(live.ours, id, "firing", "resolved");
    // Starts before all of the changes. The alert is resolved by now, and each change is still emitted with its own state.
    const late = await Subscriber.of(live.monitoring, { query, after: before.start }, everything(live.ours));
    const received = changes(await late.take(3));
    const now = { id, state: "RESOLVED", message: "raised by a test" };
    expect(received).toMatchObject([
      { state: "PENDING", severity: "WARNING", version: 1, alert: now },
      { state: "FIRING", severity: "WARNING", version: 2, alert: now },
      { state: "RESOLVED", severity: "WARNING", version: 3, alert: now },
    ]);
    before.stop();
    late.stop();
  });

  it("emits an open alert that a user acknowledged as acknowledged", async () => {
    const subscriber = await Subscriber.of(
      live.monitoring,
      { query, variables: { filter: { state: ["ACKNOWLEDGED"] } } },
      everything(live.ours),
    );
    const id = newId();
    await live.services.monitoring.write({ ...writing, tenantId: live.ours.tenantId }, (tx) =>
      raiseAlerts(tx, [
        {
          id,
          tenantId: live.ours.tenantId,
          ruleId: live.ours.id("alertRule"),
          vmId: newId(),
          state: "firing",
          severity: "critical",
          startedAt: new Date(),
          firedAt: new Date(),
          acknowledgedAt: new Date(),
          acknowledgedBy: live.ours.id("user"),
        },
      ]),
    );
    expect(changes(await subscriber.take(1))).toMatchObject([{ state: "ACKNOWLEDGED", alert: { id } }]);
    subscriber.stop();
  });

  it("is filtered by severity and state, and never emits another tenant's alerts", async () => {
    const variables = { filter: { severity: ["CRITICAL"], state: ["FIRING", "RESOLVED"] } };
    const subscriber = await Subscriber.of(live.monitoring, { query, variables }, everything(live.ours));
    const theirs = await raise(live.theirs, "critical");
    await move(live.theirs, theirs, "pending", "firing");
    const minor = await raise(live.ours, "warning");
    await move(live.ours, minor, "pending", "firing");
    const major = await raise(live.ours, "critical");
    await move(live.ours, major, "pending", "firing");
    await move(live.ours, major, "firing", "resolved");
    expect(changes(await subscriber.take(2))).toMatchObject([
      { state: "FIRING", alert: { id: major } },
      { state: "RESOLVED", alert: { id: major } },
    ]);
    subscriber.stop();
  });

  it("is refused at once to users who may not read alerts", async () => {
    const identity = { ...everything(live.ours), permissions: ["vm:read"] };
    await expect(firstOf(live.monitoring, { query }, identity)).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});
