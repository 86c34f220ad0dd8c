import { isEnumType } from "graphql";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { declaredHistories } from "#tests/migrations/declared-histories.ts";
import { exampleOf, examples } from "./examples.ts";
import { bootMutatedProduct, type MutatedProduct } from "./mutated-product.ts";
import { outcomeOf, World } from "./world.ts";

let product: MutatedProduct;
let world: World;
/** One connection to each database, in the order of `domains`. */
let owners: postgres.Sql[];
beforeAll(async () => {
  product = await bootMutatedProduct();
  world = await World.of(product.target);
  owners = domains.map((domain) => postgres(product.urls.url(domain), { max: 1 }));
});
afterAll(async () => {
  await Promise.all((owners ?? []).map((sql) => sql.end()));
  await product?.stop();
});
beforeEach(() => product.forgetFailures());

interface Written {
  events: string[];
  /** The actions of the entries in the audit log. */
  actions: string[];
  /** The events of recorded entities without a change by the same actor and request. */
  unrecorded: string[];
}

const histories = (await Promise.all(domains.map(declaredHistories))).flat();
const recordedTypes = histories.map(({ type }) => type);
/** The entity of which an object is a part. */
const wholeOf: Readonly<Record<string, string>> = { RoleGrant: "User", TenantQuota: "Tenant" };

/** Returns what was written while `work` ran, in the order of the writes. Entries that record a failed attempt are left out unless it is about them. */
async function writtenDuring(work: () => Promise<unknown>): Promise<Written> {
  const rowsAfter = (ids: readonly string[]) =>
    inEachDatabase(
      (sql, at) => sql<WrittenEvent[]>`
        select type, payload ->> 'action' as action, entity_type as entity, exists (
          select from entity_changes
          where entity_type = any(array[outbox_events.entity_type, ${sql.json(wholeOf)}::jsonb ->> outbox_events.entity_type])
            and entity_key::text = split_part(outbox_events.entity_key, ':', 1)
            and actor is not distinct from outbox_events.actor and request_id is not distinct from outbox_events.request_id
            and (entity_version is null or entity_version = outbox_events.entity_version)
        ) as recorded
        from outbox_events where id > ${ids[at] ?? "0"}::bigint order by id`,
    );
  const before = await inEachDatabase(
    (sql) => sql<{ id: string }[]>`select coalesce(max(id), 0)::text as id from outbox_events`,
  );
  await work();
  const rows = (await rowsAfter(before.map(([last]) => last?.id ?? "0"))).flat();
  return {
    events: rows.flatMap(({ type }) => (type === "auth_audit_entry.created" ? [] : type)),
    actions: rows.flatMap(({ type, action }) => (type === "auth_audit_entry.created" ? (action ?? "") : [])),
    unrecorded: rows.flatMap(({ type, entity, recorded }) =>
      recorded || !recordedTypes.includes(wholeOf[entity] ?? entity) ? [] : type,
    ),
  };
}

interface WrittenEvent {
  type: string;
  action: string | null;
  entity: string;
  recorded: boolean;
}

const inEachDatabase = <T>(use: (sql: postgres.Sql, at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(owners.map(use));

it("every mutation of the graph has an example, and no other", () => {
  expect(Object.keys(examples).toSorted()).toEqual([...product.target.fields.keys()].toSorted());
});

describe.each(Object.keys(examples))("%s", (name) => {
  const { request, effect, emits, audits, repeated, refusals = {} } = exampleOf(name);

  it("writes its events and its entry in the audit log, and again only where each request changes something", async () => {
    const sent = await request(world);
    if (effect) expect(await effect(world, sent), "its effect before the request").toBe(false);
    const outcomes: string[] = [];
    const send = async () => outcomes.push(outcomeOf(name, await world.send(name, sent)));
    const first = await writtenDuring(send);
    if (effect) expect(await effect(world, sent), "its effect").toBe(true);
    const second = await writtenDuring(send);
    const isDone = repeated === "unchanged" || repeated === "again";
    expect(outcomes).toEqual(["done", isDone ? "done" : repeated]);
    const { unrecorded, ...written } = first;
    expect(written).toEqual({ events: emits, actions: audits === null ? [] : [audits] });
    expect(unrecorded, "events without a change in the history").toEqual(withoutChange[name] ?? []);
    if (repeated === "again") expect(second).toEqual(first);
    else expect(second).toEqual({ events: [], actions: failedAttempts.has(name) ? [audits] : [], unrecorded: [] });
  });

  it.each(Object.keys(refusals))("is refused with %s, and writes no event", async (code) => {
    const sent = await refusals[code]!(world);
    const { data, errors } = await world.send(name, sent);
    expect(errors).toEqual([]);
    const { userErrors, ...fields } = data[name] as { userErrors: { code: string }[] };
    expect([...new Set(userErrors.map((error) => error.code))]).toEqual([code]);
    for (const value of Object.values(fields)) expect(value).toBeNull();
    expect((await writtenDuring(() => world.send(name, sent))).events).toEqual([]);
  });
});

/**
 * The events of mutations that write only what the history does not record: the end of a lock is recorded, but not the failed attempts, and the allocations on a
 * node, but not their sum.
 */
const withoutChange: Readonly<Record<string, readonly string[]>> = {
  unlockUser: ["user.updated"],
  reservePlacement: ["cluster_node.updated"],
  releaseAllocation: ["cluster_node.updated"],
  resizeAllocation: ["cluster_node.updated"],
  settleAllocation: ["cluster_node.updated"],
};

/** Mutations whose refusals the audit log records as failed attempts. */
const failedAttempts = new Set(["resetPassword", "signIn"]);

it("every code of user errors is in an example, and no other", () => {
  const defined = product.schemas.flatMap((schema) => {
    const codes = schema.getType("UserErrorCode");
    return isEnumType(codes) ? codes.getValues().map(({ name }) => name) : [];
  });
  const returned = Object.values(examples).flatMap(({ repeated, refusals = {} }) => [
    repeated,
    ...Object.keys(refusals),
  ]);
  const others = new Set(["unchanged", "again", "NOTHING", "NOT_FOUND", "UNAUTHENTICATED", "VM_BUSY"]);
  expect([...new Set(returned)].filter((code) => !others.has(code)).toSorted()).toEqual(
    [...new Set(defined)].toSorted(),
  );
});
