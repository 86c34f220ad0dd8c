import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { advanceVmMigration, beginVmMigrations } from "#db/federation/vm-migration-writes.ts";
import { migrationPhases } from "#db/federation/schema/vm-migrations.ts";
import { newId } from "#lib/uuid.ts";
import type { Fleet } from "#tests/graph/rows.ts";
import { dataOf, everything, firstOf, liveSubgraphs, type LiveSubgraphs, Subscriber } from "./subgraph-fixture.ts";

let live: LiveSubgraphs;
beforeAll(async () => {
  live = await liveSubgraphs();
});
afterAll(() => live.stop());

const query = `subscription ($of: [ID!]) { migrationProgressed(filter: { id: $of }) {
  status progressPercentage phase version step { number name status } changedAt migration { id status } } }`;

const writing = { actor: "job:test" };
async function begin(fleet: Fleet): Promise<string> {
  const move = {
    vmId: newId(),
    sourceNodeId: fleet.id("clusterNode", 1),
    destinationNodeId: fleet.id("clusterNode", 2),
    initiatedBy: fleet.id("user"),
    approvedBy: fleet.id("user"),
  };
  const [id] = await live.services.federation.write({ ...writing, tenantId: fleet.tenantId }, (tx) =>
    beginVmMigrations(tx, [move], new Date()),
  );
  return id ?? "";
}
const advance = (fleet: Fleet, id: string) =>
  live.services.federation.write({ ...writing, tenantId: fleet.tenantId }, (tx) => advanceVmMigration(tx, id));

const progress = (events: Awaited<ReturnType<Subscriber["take"]>>) =>
  events.map((event) => dataOf(event)["migrationProgressed"] as Record<string, unknown>);

describe("migrationProgressed", () => {
  it("emits each change of a migration and of its steps, in order, from its beginning to its end", async () => {
    const subscriber = await Subscriber.of(live.federation, { query }, everything(live.ours));
    const id = await begin(live.ours);
    const steps = migrationPhases.length;
    expect(progress(await subscriber.take(1 + steps))).toMatchObject([
      { status: "IN_PROGRESS", progressPercentage: 0, phase: "VALIDATE", version: 1, step: null, migration: { id } },
      { status: null, version: null, step: { number: 0, name: "validate", status: "IN_PROGRESS" } },
      ...migrationPhases.slice(1).map((name) => ({ step: { name, status: "PENDING" }, migration: { id } })),
    ]);
    expect(await advance(live.ours, id)).toBe(true);
    expect(progress(await subscriber.take(3))).toMatchObject([
      { step: { number: 0, status: "COMPLETED" } },
      { step: { number: 1, name: "approve", status: "IN_PROGRESS" } },
      { status: "IN_PROGRESS", progressPercentage: 11, phase: "APPROVE", version: 2 },
    ]);
    for (let step = 1; step < steps; step++) expect(await advance(live.ours, id)).toBe(true);
    expect(await advance(live.ours, id)).toBe(false);
    const rest = progress(await subscriber.take(3 * (steps - 2) + 2));
    expect(rest.slice(-2)).toMatchObject([
      { step: { number: steps - 1, status: "COMPLETED" } },
      {
        status: "COMPLETED",
        progressPercentage: 100,
        phase: "OBSERVE",
        version: steps + 1,
        migration: { status: "COMPLETED" },
      },
    ]);
    subscriber.stop();
  });

  it("applies its filter to the migration as the transaction of a step leaves it", async () => {
    const filtered = `subscription ($filter: MigrationFilter) { migrationProgressed(filter: $filter) { step { number status } status } }`;
    const id = await begin(live.ours);
    const filter = { id: [id], currentPhase: ["APPROVE"] };
    const subscriber = await Subscriber.of(
      live.federation,
      { query: filtered, variables: { filter } },
      everything(live.ours),
    );
    await advance(live.ours, id);
    // This one leaves the phase, so that nothing of it is emitted.
    await advance(live.ours, id);
    expect(progress(await subscriber.take(3))).toEqual([
      { step: { number: 0, status: "COMPLETED" }, status: null },
      { step: { number: 1, status: "IN_PROGRESS" }, status: null },
      { step: null, status: "IN_PROGRESS" },
    ]);
    subscriber.stop();
  });

  it("resumes between the events of one transaction", async () => {
    const subscriber = await Subscriber.of(live.federation, { query }, everything(live.ours));
    const id = await begin(live.ours);
    await advance(live.ours, id);
    const events = await subscriber.take(1 + migrationPhases.length + 3);
    subscriber.stop();
    for (const at of [0, 4, events.length - 2]) {
      const after = events[at]?.position;
      const resumed = await Subscriber.of(live.federation, { query, after }, everything(live.ours));
      expect(progress(await resumed.take(events.length - at - 1))).toEqual(progress(events.slice(at + 1)));
      resumed.stop();
    }
  });

  it("emits changes of the named migrations only, and never of another tenant's", async () => {
    const [one, other] = [await begin(live.ours), await begin(live.ours)];
    const foreign = await begin(live.theirs);
    const variables = { of: [other, foreign] };
    const subscriber = await Subscriber.of(live.federation, { query, variables }, everything(live.ours));
    await advance(live.theirs, foreign);
    await advance(live.ours, one);
    await advance(live.ours, other);
    const received = progress(await subscriber.take(3));
    expect(received.map(({ migration }) => migration)).toEqual(Array(3).fill({ id: other, status: "IN_PROGRESS" }));
    subscriber.stop();
  });

  it("is refused at once to users who may not read migrations, and for invalid ids", async () => {
    const identity = { ...everything(live.ours), permissions: ["vm:read"] };
    await expect(firstOf(live.federation, { query }, identity)).rejects.toMatchObject({ code: "FORBIDDEN" });
    const wrong = { query, variables: { of: ["one"] } };
    await expect(firstOf(live.federation, wrong, everything(live.ours))).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      details: { argument: "filter.id" },
    });
  });
});
