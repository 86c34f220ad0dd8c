import { sql } from "drizzle-orm";
import type { EventOf } from "#events/event.ts";
import type { Database, Tx } from "../client.ts";
import { statement } from "../statement.ts";

/** A VM in a projection, as the vms domain has it. */
export interface ProjectedVm {
  id: string;
  tenantId: string;
  name: string;
  state: string;
  nodeId: string | null;
  tags: Record<string, string>;
  version: number;
}

/** The events that carry the current state of a VM. */
export const vmEventTypes = ["vm.created", "vm.updated"] as const;
export type VmEvent = EventOf<(typeof vmEventTypes)[number]>;

const columns = sql`id, tenant_id as "tenantId", name, state, node_id as "nodeId", tags, version`;

const write = statement<never>(
  () => sql`
    insert into projected_vms (id, tenant_id, name, state, node_id, tags, version)
    select distinct on (id) id, "tenantId", name, state, "nodeId", tags, version
    from jsonb_to_recordset(${sql.placeholder("rows")}::text::jsonb) as input (id uuid, "tenantId" uuid, name text, state text,
      "nodeId" uuid, tags jsonb, version int)
    order by id, version desc
    on conflict (id) do update set tenant_id = excluded.tenant_id, name = excluded.name, state = excluded.state,
      node_id = excluded.node_id, tags = excluded.tags, version = excluded.version, projected_at = clock_timestamp()
    where excluded.version >= projected_vms.version or projected_vms.projected_at < to_timestamp(${sql.placeholder("unlessSince")}::float8)`,
);

/**
 * Writes these VMs, unless a later state of a VM is known.
 * @param unlessSince a time of the projection's clock: a row that was projected before it is replaced, whatever its version
 */
export const projectVms = (tx: Tx, rows: readonly ProjectedVm[], unlessSince = 0): Promise<number> =>
  tx.execute(write, { rows: JSON.stringify(rows), unlessSince });

/** Applies the events of VMs. */
export async function applyVmEvents(tx: Tx, events: readonly VmEvent[]): Promise<void> {
  await projectVms(
    tx,
    events.map(({ entityKey, tenantId, entityVersion, payload: { name, state, nodeId, tags } }) => ({
      name,
      state,
      nodeId,
      tags,
      id: entityKey,
      tenantId,
      version: entityVersion,
    })),
  );
}

const forget = statement<never>(
  () => sql`
    delete from projected_vms where projected_at < to_timestamp(${sql.placeholder("before")}::float8)
      and id <> all(${sql.placeholder("ids")}::uuid[])`,
);

/** The projection's own clock, in seconds since the epoch. */
export const clock = statement<{ seconds: number }>(
  () => sql`select extract(epoch from clock_timestamp())::float8 as seconds`,
);

/** Removes the rows that were projected before a time of that clock and are not among these. */
export const forgetOtherVms = (tx: Tx, before: number, ids: readonly string[]): Promise<number> =>
  tx.execute(forget, { before, ids });

const projectedPage = statement<ProjectedVm>(() => page(sql`projected_vms`));
const sourcePage = statement<ProjectedVm>(() => page(sql`vms`));

const page = (table: ReturnType<typeof sql>) => sql`
  select ${columns} from ${table} where id > ${sql.placeholder("after")}::uuid
  order by id limit ${sql.placeholder("limit")}::int`;

/** Yields all VMs of all tenants by id, a page at a time, either from a projection or from the vms database itself. */
export async function* allVms(system: Database, pageSize = 1_000): AsyncGenerator<ProjectedVm[]> {
  const rowsAfter = system.domain === "vms" ? sourcePage : projectedPage;
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const rows = await system.run(rowsAfter, { after, limit: pageSize });
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.id ?? after;
  }
}
