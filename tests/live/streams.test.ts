import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Gateway } from "#gateway/gateway.ts";
import { contextOf, gatewayOver, query, subscribeTo, type Subscribing, user } from "./gateway-listener.ts";
import { InMemoryLog, sourceOf } from "./in-memory-source.ts";
import { compose, order, orders, type PeopleCall, peopleTransport } from "./orders.ts";
import { until } from "./until.ts";

let log: InMemoryLog;
let calls: PeopleCall[];
let gateway: Gateway;
/** The log's position is not returned before this resolves. */
let positionReleased: Promise<void>;
let positionQueries: number;
let answerPeople: (ids: readonly string[]) => unknown;
beforeEach(() => {
  log = new InMemoryLog();
  calls = [];
  positionReleased = Promise.resolve();
  positionQueries = 0;
  const source = sourceOf({ orders: log });
  answerPeople = (ids) => ids.map((id) => ({ __typename: "Person", id, name: `name of ${id}` }));
  const position: typeof source.position = async (...call) => {
    positionQueries += 1;
    await positionReleased;
    return source.position(...call);
  };
  gateway = gatewayOver(
    { ...source, position },
    peopleTransport(calls, (ids) => answerPeople(ids)),
  );
  return () => gateway.stop();
});

const subscribe = (given?: Subscribing) => subscribeTo(gateway, given);
const refusedBy = async (subscribing: ReturnType<typeof subscribe>) => {
  const { answer } = await subscribing;
  return "refused" in answer ? answer.refused.refused : undefined;
};

describe("a subscription", () => {
  it("emits each event with the fields of other subgraphs, in order, and calls them once for the events of one batch", async () => {
    const { listener } = await subscribe();
    log.append(order(1), order(2), order(3));
    await until(() => listener.received.length === 3);
    expect(listener.received.map(({ data }) => data)).toEqual(
      [1, 2, 3].map((number) => ({ ordered: { number, by: { name: `name of p${number}` } } })),
    );
    expect(calls).toHaveLength(1);
    log.append(order(4));
    await until(() => listener.received.length === 4);
    expect(listener.numbers).toEqual([1, 2, 3, 4]);
  });

  it("has the errors of another subgraph at their paths, separately for each event", async () => {
    answerPeople = (ids) =>
      ids.map((id) => (id === "p2" ? null : { __typename: "Person", id, name: id === "p3" ? 3 : id }));
    const { listener } = await subscribe();
    log.append(order(1), order(2), order(3));
    await until(() => listener.received.length === 3);
    expect(listener.received.map(({ data }) => (data as { ordered: { by: unknown } }).ordered.by)).toEqual([
      { name: "p1" },
      { name: null },
      { name: null },
    ]);
  });

  it("is followed once for all subscribers with the same operation and permissions, and never across tenants or permissions", async () => {
    const same = [await subscribe(), await subscribe(), await subscribe({ as: { ...user("one"), id: "another" } })];
    expect(log.begun).toBe(1);
    await subscribe({ as: user("two") });
    await subscribe({ as: user("one", ["vm:read"]) });
    await subscribe({ text: "subscription { ordered { number } }" });
    expect(log.begun).toBe(4);
    log.append(order(1));
    await until(() => same.every(({ listener }) => listener.received.length === 1));
  });

  it("queries other subgraphs with its subscribers' permissions and no user id, but per user where a field depends on the caller", async () => {
    const one = user("one", ["vm:read"]);
    await subscribe({ as: one });
    log.append(order(1));
    await until(() => calls.length === 1);
    expect(calls[0]?.identity).toEqual({ ...one, id: "" });
    const text = "subscription { ordered { number by { name own } } }";
    const begun = log.begun;
    for (const id of ["ann", "bob", "ann"]) await subscribe({ text, as: { ...one, id } });
    expect(log.begun).toBe(begun + 2);
    calls.length = 0;
    log.append(order(2));
    await until(() => calls.length === 3);
    expect(calls.map(({ identity }) => identity.id).toSorted()).toEqual(["", "ann", "bob"]);
  });

  it("resumes exactly after any cursor, from memory or from the subgraph", async () => {
    const { listener } = await subscribe();
    for (let number = 1; number <= 400; number += 1) log.append(order(number));
    await until(() => listener.received.length === 400);
    for (const seen of [400, 399, 200, 100, 1]) {
      const again = await subscribe({ after: listener.cursors[seen - 1] });
      await until(() => again.listener.received.length === 400 - seen);
      expect(again.listener.numbers).toEqual(listener.numbers.slice(seen));
    }
  });

  it("that has caught up shares the stream of the others", async () => {
    const { listener } = await subscribe();
    for (let number = 1; number <= 300; number += 1) log.append(order(number));
    await until(() => listener.received.length === 300);
    const returned = await Promise.all([
      subscribe({ after: listener.cursors[4] }),
      subscribe({ after: listener.cursors[4] }),
    ]);
    expect(log.begun).toBe(2);
    await until(() => returned.every((one) => one.listener.received.length === 295));
    log.append(order(301));
    await until(() => log.following === 1);
    log.append(order(302));
    await until(() => returned.every((one) => one.listener.received.length === 297));
    expect(returned[0]?.listener.numbers.slice(-3)).toEqual([300, 301, 302]);
  });

  it("begins at the cursor of a query, so that nothing is lost between them", async () => {
    const answer = await gateway.execute(
      { query: "{ order { number } }", extensions: { cursor: true } },
      contextOf(user("one")),
    );
    const { extensions } = JSON.parse(answer.body) as { extensions: { cursor: string } };
    log.append(order(1));
    const { listener } = await subscribe({ after: extensions.cursor });
    await until(() => listener.received.length === 1);
    expect(listener.numbers).toEqual([1]);
  });

  it("ends with RESYNC_REQUIRED when the events after a cursor are no longer kept, and others are not affected", async () => {
    const first = await subscribe();
    for (let number = 1; number <= 300; number += 1) log.append(order(number));
    await until(() => first.listener.received.length === 300);
    log.oldest = 200;
    const late = await subscribe({ after: first.listener.cursors[0] });
    await until(() => late.listener.ended !== undefined);
    expect(late.listener.ended).toMatchObject([{ code: "RESYNC_REQUIRED" }]);
    expect(first.listener.ended).toBeUndefined();
  });

  it("attack: refuses a cursor that is malformed or another tenant's", async () => {
    const { cursor } = await subscribe();
    expect(await refusedBy(subscribe({ after: cursor, as: user("two") }))).toBe("POSITION_INVALID");
    for (const after of ["", "x", 1, {}, "W10", Buffer.from('[1,"x",{"orders":1}]').toString("base64url")])
      expect(await refusedBy(subscribe({ after }))).toBe("POSITION_INVALID");
  });

  it("refuses the cursor of a subscription to another subgraph, because it has no position for this one", async () => {
    const { cursor = "" } = await subscribe();
    const other = Buffer.from(cursor, "base64url").toString().replace('"orders"', '"invoices"');
    expect(await refusedBy(subscribe({ after: Buffer.from(other).toString("base64url") }))).toBe("POSITION_INVALID");
  });

  it("with a document that is invalid, or that executes as a query, is refused", async () => {
    expect(await refusedBy(subscribe({ text: "subscription { nothing }" }))).toBe("GRAPHQL_VALIDATION_FAILED");
    expect(await refusedBy(subscribe({ text: "subscription { a: ordered { number } b: ordered { number } }" }))).toBe(
      "GRAPHQL_VALIDATION_FAILED",
    );
    const answer = await gateway.execute({ query }, contextOf(user("one")));
    expect(answer.refused).toBe("BAD_REQUEST");
  });

  it("has null and an error for a field that its subscriber may not see", async () => {
    const { listener } = await subscribe({ text: "subscription { ordered { number by { secret } } }" });
    log.append(order(1));
    await until(() => listener.received.length === 1);
    expect(listener.received[0]).toMatchObject({
      data: { ordered: { number: 1, by: { secret: null } } },
      errors: [{ path: ["ordered", "by", "secret"], extensions: { code: "FORBIDDEN" } }],
    });
  });

  it("continues over a new supergraph without a gap; one that is no longer valid ends with an error", async () => {
    const { listener } = await subscribe();
    const other = await subscribe({ text: "subscription { ordered(shop: 1) { number } }" });
    log.append(order(1));
    await until(() => other.listener.received.length === 1 && listener.received.length === 1);
    await gateway.replaceSupergraph(
      compose(orders.replace("(shop: ID)", "(store: ID)").replace("number: Int!", "number: Int")),
    );
    log.append(order(2));
    await until(() => listener.received.length === 2);
    expect(listener.numbers).toEqual([1, 2]);
    await until(() => other.listener.ended !== undefined);
    expect(other.listener.ended).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  });

  it("that begins while the supergraph is replaced uses the new one", async () => {
    let releasePosition: () => void = () => undefined;
    positionReleased = new Promise((resolve) => (releasePosition = resolve));
    const beginning = subscribe();
    const misfit = subscribe({ text: "subscription { ordered(shop: 1) { number } }" });
    await until(() => positionQueries === 2);
    await gateway.replaceSupergraph(compose(orders.replace("(shop: ID)", "(store: ID)")));
    releasePosition();
    const { listener } = await beginning;
    const other = await misfit;
    await until(() => other.listener.ended !== undefined);
    expect(other.listener.ended).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    log.append(order(1));
    await until(() => listener.received.length === 1);
    expect(listener.ended).toBeUndefined();
  });

  it("that its subscribers have left lingers for a while, and then ends", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      const { listener } = await subscribe();
      listener.leave();
      expect(log.following).toBe(1);
      await vi.advanceTimersByTimeAsync(31_000);
    } finally {
      vi.useRealTimers();
    }
    await until(() => log.following === 0);
  });
});
