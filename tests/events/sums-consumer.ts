import { sql } from "drizzle-orm";
import type { Database } from "#db/client.ts";
import type { Consumer } from "#db/event-log/consumer.ts";
import { readLogState } from "#db/event-log/stored-events.ts";
import { statement } from "#db/statement.ts";
import type { EventType } from "#events/event.ts";
import { asOwner } from "#tests/harness/server.ts";
import { writeOf } from "./proof-writes.ts";

const add = statement<never>(
  () => sql`
    insert into proof_sums as known (source, key, amount, events, version, disordered)
    values (${sql.placeholder("source")}, ${sql.placeholder("key")}::uuid, ${sql.placeholder("amount")}::int, 1,
      ${sql.placeholder("version")}::bigint, (${sql.placeholder("version")}::bigint <> 1)::int)
    on conflict (source, key) do update set amount = known.amount + excluded.amount, events = known.events + 1,
      version = excluded.version, disordered = known.disordered + (excluded.version <> known.version + 1)::int`,
);

/** Adds up the changes of one database's aggregates: an event that is missed or counted twice shows in the sum. */
export const sumsConsumer = (source: Database, types: readonly EventType[]): Consumer => ({
  name: "proof-sums",
  source: source.domain,
  types,
  apply: async (tx, events) => {
    for (const event of events) {
      const { key, version, amount } = writeOf(event);
      await tx.execute(add, { source: event.source, key, version, amount });
    }
  },
  // Nothing is copied from the source, because everything is still in the log.
  rebuild: async () => (await readLogState(source)).oldest,
});

export interface Sum {
  source: string;
  key: string;
  amount: number;
  events: number;
  version: number;
  disordered: number;
}

/** Returns the consumer's sum for each aggregate, by source and key. */
export const readSums = (url: string): Promise<Sum[]> =>
  asOwner(
    url,
    (owner) => owner<Sum[]>`
      select source, key, amount::int, events, version::int, disordered from proof_sums order by source, key`,
  );

/** Returns the sums that a consumer should have after these writes. */
export function expectedSums(writes: readonly { source: string; key: string; amount: number }[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { source, key, amount } of writes) {
    const at = `${source}/${key}`;
    const sum = sums.get(at) ?? { source, key, amount: 0, events: 0, version: 0, disordered: 0 };
    sums.set(at, { ...sum, amount: sum.amount + amount, events: sum.events + 1, version: sum.version + 1 });
  }
  return [...sums.keys()].toSorted().map((at) => sums.get(at) as Sum);
}
