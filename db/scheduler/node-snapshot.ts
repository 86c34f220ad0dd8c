import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { statement } from "../statement.ts";
import { type FleetNode, fleetNodeColumns } from "./placement-nodes.ts";
import { nodes } from "./schema/nodes.ts";

interface ReadNode extends FleetNode {
  /** Whether the reading transaction itself has written the row. Another transaction may never see it. */
  isOwn: boolean;
}
/** One row for each changed node; one without a node when none has changed. */
type Read = { xmin: string; xmax: string; count: number } & (ReadNode | { id: null });

const { placeholder } = sql;
const epoch = 2 ** 32;

/**
 * A row that changed after a snapshot was written by a transaction that had not ended in it. Such a transaction has at least the id `xmin` of the snapshot. Rows
 * have the id without its epoch.
 */
const changedNodes = statement<Read>(
  () => sql`
    with seen as materialized (select pg_current_snapshot() as at, pg_current_xact_id_if_assigned()::text::bigint % ${sql.raw(String(epoch))} as own)
    select pg_snapshot_xmin(seen.at)::text as xmin, pg_snapshot_xmax(seen.at)::text as xmax, (select count(*)::int from ${nodes}) as count,
      coalesce(node.writer = seen.own, false) as "isOwn", node.*
    from seen left join lateral (
      select ${fleetNodeColumns}, nodes.xmin::text::bigint as writer from ${nodes}
      where ${placeholder("since")}::bigint is null or nodes.xmin::text::bigint >= ${placeholder("since")}::bigint
    ) as node on true`,
);

/** How long changes are read on top of one complete reading. It is the net for what no id shows, such as a database that was restored from a backup. */
const completeForMs = 60_000;

/**
 * The nodes as this process has read them last. Each reading reads only the nodes that have changed since: reading and decoding all of 1,000 takes ten times as
 * long as choosing one of them. What was read may be changed at once; a claim compares the generation.
 */
export class NodeSnapshot {
  #nodes: readonly FleetNode[] = [];
  #xmin = 0;
  #xmax = 0;
  #completeUntil = 0;

  /** Returns every node, ordered by name, as a statement of the transaction sees them now. The list and its nodes are never changed. */
  async read(tx: Tx): Promise<readonly FleetNode[]> {
    const base =
      performance.now() < this.#completeUntil ? { nodes: this.#nodes, xmin: this.#xmin, xmax: this.#xmax } : null;
    const rows = await tx.run(changedNodes, { since: base && base.xmin % epoch });
    const [first] = rows;
    if (!first) return [];
    const [xmin, xmax] = [Number(first.xmin), Number(first.xmax)];
    const changed = rows.filter((row): row is Read & ReadNode => row.id !== null);
    // The ids have begun a new epoch, or are older than before: they do not show what has changed.
    if (base && (xmax < base.xmax || Math.floor(xmax / epoch) !== Math.floor(base.xmin / epoch)))
      return this.#readAll(tx);
    const seen = merged(base?.nodes ?? [], changed);
    // A node was removed.
    if (base && seen.length !== first.count) return this.#readAll(tx);
    const committed = changed.filter(({ isOwn }) => !isOwn);
    if (!base) this.#begin({ nodes: changed.length === committed.length ? seen : null, xmin, xmax });
    else {
      // Where another reading was later, this one puts back what has changed since, together with the `xmin` from which the next one reads it again.
      this.#nodes = merged(this.#nodes, committed);
      [this.#xmin, this.#xmax] = [xmin, xmax];
    }
    return seen;
  }

  #readAll(tx: Tx): Promise<readonly FleetNode[]> {
    this.#completeUntil = 0;
    return this.read(tx);
  }

  /** Begins with a complete reading, unless a transaction has read what it has written itself. */
  #begin({ nodes: all, xmin, xmax }: { nodes: readonly FleetNode[] | null; xmin: number; xmax: number }): void {
    if (!all) return;
    this.#nodes = all;
    [this.#xmin, this.#xmax] = [xmin, xmax];
    this.#completeUntil = performance.now() + completeForMs;
  }
}

/** Returns the nodes with those that have changed, by name. */
function merged(nodesBefore: readonly FleetNode[], changed: readonly FleetNode[]): readonly FleetNode[] {
  if (changed.length === 0) return nodesBefore;
  const byId = new Map(changed.map((node) => [node.id, node]));
  const kept = nodesBefore.map((node) => {
    const next = byId.get(node.id);
    byId.delete(node.id);
    return next ?? node;
  });
  if (byId.size === 0) return kept;
  return [...kept, ...byId.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1,
  );
}
