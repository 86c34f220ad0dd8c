import type { Fleet } from "#tests/graph/rows.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

const query =
  "subscription ($filter: VmStateTransitionFilter) { vmStateChanged(filter: $filter) { id fromState toState vm { id } } }";
type State = "running" | "stopped" | "paused";

/** Moves the n-th VM through these states, each change in its own transaction. */
async function through(fleet: Fleet, number: number, way: readonly State[]): Promise<void> {
  for (const [index, to] of way.slice(1).entries())
    await writeStates(live, fleet, [{ vmId: fleet.id("vm", number), from: way[index] as State, to }]);
}
const payloadsOf = (events: Awaited<ReturnType<Subscriber["take"]>>) =>
  events.map((event) => {
    const change = dataOf(event)["vmStateChanged"] as { fromState: string; toState: string; vm: { id: string } };
    return [change.vm.id, change.fromState, change.toState];
  });
const stateOf = async (fleet: Fleet, number: number): Promise<State> => {
  const result = await live.vms.execute(
    { query: `{ vm(id: "${fleet.id("vm", number)}") { state } }` },
    { identity: everything(fleet), requestId: "request", deadline: Date.now() + 10_000 },
  );
  return (result.data as { vm: { state: string } }).vm.state.toLowerCase() as State;
};
/** Returns a legal sequence of states from the VM's current one: it alternates between running, and stopped or paused. */
async function path(fleet: Fleet, number: number, length: number): Promise<State[]> {
  const way = [await stateOf(fleet, number)];
  while (way.length <= length)
    way.push(way.at(-1) !== "running" ? "running" : way.length % 4 < 2 ? "stopped" : "paused");
  return way;
}

describe("vmStateChanged", () => {
  it("emits each change once, in order, with the previous state and the VM", async () => {
    const subscriber = await Subscriber.of(live.vms, { query }, everything(live.ours));
    const way = await path(live.ours, 1, 4);
    await through(live.ours, 1, way);
    const vm = live.ours.id("vm", 1);
    expect(payloadsOf(await subscriber.take(4))).toEqual(
      way.slice(1).map((to, index) => [vm, way[index]?.toUpperCase(), to.toUpperCase()]),
    );
    subscriber.stop();
    expect(await subscriber.next()).toBeUndefined();
  });

  it("resumes right after any position that it sent, including the first one", async () => {
    const subscriber = await Subscriber.of(live.vms, { query }, everything(live.ours));
    await through(live.ours, 1, await path(live.ours, 1, 2));
    await Promise.all([
      through(live.ours, 2, await path(live.ours, 2, 3)),
      through(live.ours, 3, await path(live.ours, 3, 3)),
    ]);
    const events = await subscriber.take(8);
    subscriber.stop();
    const positions = [subscriber.start, ...events.map(({ position }) => position)];
    expect(new Set(positions).size).toBe(9);
    for (const [index, after] of positions.entries()) {
      const resumed = await Subscriber.of(live.vms, { query, after }, everything(live.ours));
      expect(resumed.start).toBe(after);
      if (index < events.length)
        expect(payloadsOf(await resumed.take(8 - index))).toEqual(payloadsOf(events.slice(index)));
      resumed.stop();
    }
  });

  it("starts at a position that was queried before", async () => {
    const after = await live.vms.subscriptions?.position(AbortSignal.timeout(10_000));
    const way = await path(live.ours, 1, 1);
    await through(live.ours, 1, way);
    const subscriber = await Subscriber.of(live.vms, { query, after }, everything(live.ours));
    expect(payloadsOf(await subscriber.take(1))).toEqual([
      [live.ours.id("vm", 1), way[0]?.toUpperCase(), way[1]?.toUpperCase()],
    ]);
    subscriber.stop();
  });

  it("never emits changes of another tenant's VMs", async () => {
    const ours = await Subscriber.of(live.vms, { query }, everything(live.ours));
    const theirs = await Subscriber.of(live.vms, { query }, everything(live.theirs));
    await through(live.theirs, 1, await path(live.theirs, 1, 2));
    await through(live.ours, 2, await path(live.ours, 2, 1));
    expect(payloadsOf(await ours.take(1)).map(([vm]) => vm)).toEqual([live.ours.id("vm", 2)]);
    expect(payloadsOf(await theirs.take(2)).map(([vm]) => vm)).toEqual([
      live.theirs.id("vm", 1),
      live.theirs.id("vm", 1),
    ]);
    ours.stop();
    theirs.stop();
  });

  it.each([
    ["ids of VMs", () => ({ vm: [live.ours.id("vm", 2)] })],
    ["nodes", () => ({ node: [live.ours.id("clusterNode", 2)] })],
    ["owners", () => ({ owner: [live.ours.id("user", 2)] })],
  ])("is filtered by %s", async (_what, filter) => {
    const subscriber = await Subscriber.of(live.vms, { query, variables: { filter: filter() } }, everything(live.ours));
    for (const number of [1, 2, 3, 2]) await through(live.ours, number, await path(live.ours, number, 1));
    expect(payloadsOf(await subscriber.take(2)).map(([vm]) => vm)).toEqual([
      live.ours.id("vm", 2),
      live.ours.id("vm", 2),
    ]);
    subscriber.stop();
  });

  it("is filtered by states and tags", async () => {
    const way = await path(live.ours, 3, 6);
    const [from, to] = way;
    const isWanted = (_to: State, index: number) => way[index] === from && way[index + 1] === to;
    const count = way.slice(1).filter(isWanted).length;
    const filter = {
      fromState: [from?.toUpperCase()],
      toState: [to?.toUpperCase()],
      tags: [{ key: "env", value: "test" }],
    };
    const matching = await Subscriber.of(live.vms, { query, variables: { filter } }, everything(live.ours));
    const other = await Subscriber.of(
      live.vms,
      { query, variables: { filter: { tags: [{ key: "env", value: "prod" }] } } },
      everything(live.ours),
    );
    await through(live.ours, 3, way);
    expect(payloadsOf(await matching.take(count)).map((each) => each.slice(1))).toEqual(
      Array(count).fill([from?.toUpperCase(), to?.toUpperCase()]),
    );
    other.stop();
    matching.stop();
    expect(other.batches.flat().filter(({ result }) => result)).toEqual([]);
  });

  it("is refused at once to users who may not read VMs", async () => {
    const identity = { ...everything(live.ours), permissions: ["alert:read"] };
    await expect(firstOf(live.vms, { query }, identity)).rejects.toMatchObject({
      code: "FORBIDDEN",
      details: { permission: "vm:read" },
    });
  });

  it.each([
    ["an invalid position", "yesterday", "POSITION_INVALID"],
    ["a position of another database", "1~monitoring.01234567.1.1", "POSITION_INVALID"],
    ["a position of another installation", "1~vms.01234567.1.1", "POSITION_INVALID"],
  ])("refuses %s", async (_what, after, code) => {
    await expect(firstOf(live.vms, { query, after }, everything(live.ours))).rejects.toMatchObject({ code });
  });

  it.each([
    [
      "an invalid id",
      { query, variables: { filter: { vm: ["one"] } } },
      { code: "BAD_USER_INPUT", details: { argument: "filter.vm" } },
    ],
    [
      "a variable that its type rejects",
      { query, variables: { filter: { toState: ["GONE"] } } },
      { code: "BAD_USER_INPUT", details: { argument: "$filter" } },
    ],
    ["an unknown field", { query: "subscription { vmStateChanged { size } }" }, { code: "BAD_USER_INPUT" }],
    ["a document that is not GraphQL", { query: "subscription {" }, { code: "GRAPHQL_PARSE_FAILED" }],
    ["a query", { query: "{ vms { totalCount } }" }, { code: "BAD_REQUEST" }],
  ])("refuses %s", async (_what, request, error) => {
    await expect(firstOf(live.vms, request, everything(live.ours))).rejects.toMatchObject(error);
  });

  it("is not executed as a query", async () => {
    const { data, errors } = await live.vms.execute(
      { query },
      { identity: everything(live.ours), requestId: "request", deadline: Date.now() + 10_000 },
    );
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions["code"])).toEqual(["BAD_REQUEST"]);
  });
});
