import { sql } from "drizzle-orm";
import type { WriteTx } from "#db/client.ts";
import { type Domain, domains, serviceRole, systemRole } from "#db/columns.ts";
import { append, type NewEvent } from "#db/event-log/append.ts";
import { statement } from "#db/statement.ts";
import type { Event, EventType } from "#events/event.ts";
import { asOwner } from "#tests/harness/server.ts";
import type { Write } from "./delivery-check.ts";

/** Creates tables that only the proof has, in each database: aggregates, their writes, and a consumer's sums of them. */
export async function makeProofTables(url: (domain: Domain) => string, keys: readonly string[]): Promise<void> {
  for (const domain of domains) {
    await asOwner(url(domain), async (owner) => {
      await owner.unsafe(`
        create table proof_aggregates (key uuid primary key, version bigint not null default 0);
        create table proof_writes (operation uuid, key uuid, version bigint, amount int, primary key (key, version));
        create table proof_sums (source text, key uuid, amount bigint, events int, version bigint, disordered int,
          primary key (source, key));
        grant select, update on proof_aggregates to ${serviceRole(domain)};
        grant select, insert on proof_writes to ${serviceRole(domain)};
        grant select, insert, update on proof_sums to ${systemRole(domain)}`);
      await owner`insert into proof_aggregates (key) select unnest(${[...keys]}::uuid[])`;
    });
  }
}

const change = statement<{ version: number }>(
  () => sql`
    with changed as (
      update proof_aggregates set version = version + 1 where key = ${sql.placeholder("key")}::uuid returning key, version
    )
    insert into proof_writes (operation, key, version, amount)
    select ${sql.placeholder("operation")}::uuid, key, version, ${sql.placeholder("amount")}::int from changed returning version`,
);

/** An event of each domain whose payload has a free text, which carries the checker's data. */
const carrying: Record<Domain, (key: string, name: string) => NewEvent> = {
  auth: (key, name) => ({ type: "tenant.updated", key, payload: { name, enabled: true } }),
  vms: (key, name) => ({
    type: "vm.updated",
    key,
    payload: { name, state: "running", nodeId: null, ownerId: key, tags: {} },
  }),
  monitoring: (key, name) => ({
    type: "alert_rule.updated",
    key,
    payload: { name, severity: "warning", enabled: true },
  }),
  federation: (key, name) => ({
    type: "cloud_provider.updated",
    key,
    payload: { name, providerType: "aws", healthStatus: "healthy", enabled: true },
  }),
  scheduler: (key, name) => ({ type: "cluster.updated", key, payload: { name, status: "active" } }),
};

export const carriedTypes = Object.fromEntries(
  domains.map((domain) => [domain, carrying[domain]("", "").type]),
) as Record<Domain, EventType>;

/** Changes an aggregate, and appends its event. */
export async function writeAggregate(tx: WriteTx, write: Omit<Write, "source" | "version">): Promise<Write> {
  const [row] = await tx.run(change, { key: write.key, operation: write.operation, amount: write.amount });
  if (!row) throw new Error(`There is no aggregate ${write.key}.`);
  await append(tx, [eventOf(tx.domain, { ...write, version: row.version })]);
  return { source: tx.domain, ...write, version: row.version };
}

const eventOf = (domain: Domain, { key, version, operation, amount }: Omit<Write, "source">): NewEvent => ({
  ...carrying[domain](key, `${operation} ${amount}`),
  entityVersion: version,
});

/** Returns the write that an event of the proof reports. */
export function writeOf({ source, entityKey, entityVersion, payload }: Event): Write {
  const [operation = "", amount = ""] = String(payload["name"]).split(" ");
  return { source, key: entityKey, version: entityVersion, operation, amount: Number(amount) };
}

/** Returns the writes in the business tables, including those whose commit was never acknowledged. */
export async function writesInTables(url: (domain: Domain) => string): Promise<Write[]> {
  const found = await Promise.all(
    domains.map((source) =>
      asOwner(
        url(source),
        (owner) => owner<Write[]>`select ${source} as source, key, version::int, operation, amount from proof_writes`,
      ),
    ),
  );
  return found.flat();
}
