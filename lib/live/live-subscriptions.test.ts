import { buildSchema, type GraphQLError, isObjectType, parse } from "graphql";
import { afterEach, describe, expect, it, vi } from "vitest";
import { executionOf } from "../graphql/compiled-execution.ts";
import { PublicError } from "../errors.ts";
import type { LiveBatch, LiveEvent, LiveField } from "./live-field.ts";
import { liveSubscriptions } from "./live-subscriptions.ts";
import type { RequestContext } from "../trust/request-context.ts";

const schema = buildSchema("type Query { none: Int } type Subscription { counted(above: Int = 0): Int! }");
const counted: LiveField<{ above: number }, object, number, number> = {
  types: ["counted"],
  valuesFor: ({ above }) => {
    return ({ id }) => (id > above ? [id] : []);
  },
  resolve: (id) => id,
};

const position = (id: number) => ({ vms: { log: "0".repeat(32), transaction: id, id } });
const event = (id: number): LiveEvent => ({
  id,
  transaction: id,
  type: "counted",
  entityKey: "",
  entityVersion: 0,
  occurredAt: "2026-03-01T10:00:00.000Z",
  payload: {},
});
const text = (id: number) => `1~vms.00000000.${id.toString(36)}.${id.toString(36)}`;
const batchTo = (id: number, ...ids: number[]): LiveBatch => ({ events: ids.map(event), position: position(id) });

const context: RequestContext = {
  identity: { kind: "user", id: "1", tenantId: "2", permissions: [] },
  requestId: "request",
  deadline: 0,
};

/** Returns what a subscriber receives when the log yields these batches and ends. */
async function emitted(
  batches: readonly (LiveBatch | (() => void))[],
  { query = "subscription { counted }", resolve }: { query?: string; resolve?: (id: number) => number } = {},
) {
  const field = schema.getSubscriptionType()?.getFields()["counted"];
  if (!field || !isObjectType(schema.getSubscriptionType())) throw new Error("The schema has no such field.");
  const opened: number[] = [];
  field.resolve = (root) => (resolve ?? ((id) => id))(root as number);
  const subscribable = liveSubscriptions<object>({
    name: "vms",
    schema,
    fields: { counted },
    log: {
      head: async () => position(1),
      follow: async function* () {
        for (const each of batches) {
          if (typeof each === "function") each();
          else yield each;
        }
      },
    },
    needs: () => [],
    documentFor: (document) => ({ document: parse(document), execute: executionOf(schema, parse(document), document) }),
    opened: async (request, _signal, use) => {
      opened.push(request.deadline);
      return use({});
    },
    withPublicErrors: (result) => result,
  });
  const emittedBatches = [];
  for await (const each of subscribable.subscribe({ query }, context, new AbortController().signal))
    emittedBatches.push(each);
  return { batches: emittedBatches, opened };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a live subscription", () => {
  it("emits its first position, each event with the position after it, and the current position when no event comes", async () => {
    const { batches: all } = await emitted([batchTo(1), batchTo(5, 2, 4), batchTo(9)]);
    expect(all).toEqual([
      [{ position: text(1) }],
      [
        { position: text(2), result: { data: { counted: 2 } } },
        { position: text(4), result: { data: { counted: 4 } } },
      ],
      [{ position: text(9) }],
    ]);
  });

  it("emits its position every few seconds while no event matches", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const later = () => vi.advanceTimersByTime(5_000);
    const query = "subscription { counted(above: 7) }";
    const { batches: all } = await emitted(
      [batchTo(1), batchTo(2, 2), batchTo(3, 3), later, batchTo(4, 4), batchTo(5, 5)],
      {
        query,
      },
    );
    expect(all).toEqual([[{ position: text(1) }], [{ position: text(4) }]]);
  });

  it("opens one context for a batch, with its own deadline", async () => {
    const { opened } = await emitted([batchTo(3, 1, 2, 3), batchTo(4, 4)]);
    expect(opened).toHaveLength(2);
    for (const deadline of opened) expect(deadline).toBeGreaterThan(Date.now());
  });

  it("executes a limited number of events at once", async () => {
    const ids = Array.from({ length: 1_201 }, (_, index) => index + 1);
    const { batches: all, opened } = await emitted([batchTo(1_201, ...ids)]);
    expect(all.map((batch) => batch.length)).toEqual([500, 500, 201]);
    expect(opened).toHaveLength(3);
    expect(all.flat().map(({ position: after }) => after)).toEqual(ids.map(text));
  });

  it("retries while the database is unavailable or full, and emits each event once", async () => {
    const failures = [new PublicError("DATABASE_UNAVAILABLE", "away"), new PublicError("OVERLOADED", "full")];
    const { batches: all } = await emitted([batchTo(2, 1, 2)], {
      resolve: (id) => {
        const failure = id === 2 ? failures.shift() : undefined;
        if (failure) throw failure;
        return id;
      },
    });
    expect(failures).toEqual([]);
    expect(all.flat().map(({ result }) => result?.data)).toEqual([{ counted: 1 }, { counted: 2 }]);
  });

  it("emits a timeout error for an event that always takes too long, after a few retries", async () => {
    let tried = 0;
    const { batches: all } = await emitted([batchTo(2, 1, 2)], {
      resolve: (id) => {
        if (id === 2) return id;
        tried += 1;
        throw new PublicError("SUBGRAPH_TIMEOUT", "late");
      },
    });
    expect(tried).toBe(3);
    expect(all.flat().map(({ result }) => result?.data)).toEqual([null, { counted: 2 }]);
  });

  it("emits the error of an event that fails for another reason, and continues", async () => {
    const { batches: all } = await emitted([batchTo(2, 1, 2)], {
      resolve: (id) => {
        if (id === 1) throw new PublicError("NOT_FOUND", "No such thing.");
        return id;
      },
    });
    const [first, second] = all.flat();
    expect(first?.position).toBe(text(1));
    expect(first?.result?.errors?.map(({ message }: GraphQLError) => message)).toEqual(["No such thing."]);
    expect(second?.result).toEqual({ data: { counted: 2 } });
  });

  it.each([
    ["an inline fragment", "subscription { ... on Subscription { counted } }", 1],
    ["a fragment", "subscription { ...one } fragment one on Subscription { counted(above: 0) }", 1],
  ])("finds its field in %s", async (_what, query, count) => {
    const { batches: all } = await emitted([batchTo(1, 1)], { query });
    expect(all.flat()).toHaveLength(count);
  });
});
