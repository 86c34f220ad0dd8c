import postgres from "postgres";
import type { Domain } from "#db/columns.ts";

type Pools = Record<Domain, postgres.Sql>;

/** Opens five pools as a programmer without a graph would: as the owner, without row-level security. */
export const openPools = (url: (domain: Domain) => string): Pools => {
  const pool = (domain: Domain) => postgres(url(domain), { max: 8, onnotice: () => undefined });
  return {
    auth: pool("auth"),
    vms: pool("vms"),
    monitoring: pool("monitoring"),
    federation: pool("federation"),
    scheduler: pool("scheduler"),
  };
};

export const closePools = async (pools: Pools): Promise<void> => {
  await Promise.all(Object.values(pools).map((pool) => pool.end({ timeout: 5 })));
};

/**
 * Reads the rows of docs/one-request.graphql by hand-written SQL: the page of VMs first, then all nested rows at once, one statement per table and level, all
 * pools in parallel. It is the limit that the graph is measured against. It neither checks nor shapes anything.
 */
export async function readByHand(pools: Pools, tenantId: string, first: number, from: Date, to: Date): Promise<number> {
  const { auth, vms, monitoring, federation, scheduler } = pools;
  const page = await vms<{ id: string; owner_id: string; node_id: string | null }[]>`
    select id, name, state, tags, resource_config, owner_id, node_id from vms
    where tenant_id = ${tenantId} and deleted_at is null order by name, id limit ${first}`;
  const ids = page.map((vm) => vm.id);
  const owners = [...new Set(page.map((vm) => vm.owner_id))];
  const nodeIds = [...new Set(page.flatMap((vm) => (vm.node_id ? [vm.node_id] : [])))];
  const parts = await Promise.all([
    auth`select id, username, email from users where id = any(${owners}::uuid[])`,
    scheduler`select id, name, status, region, availability_zone from nodes where id = any(${nodeIds}::uuid[])`,
    scheduler`select a.* from unnest(${ids}::uuid[]) v(id) cross join lateral (
      select a.id, a.vm_id, a.status, a.cpu_millicores, a.memory_mb, n.name from resource_allocations a left join nodes n on n.id = a.node_id
      where a.vm_id = v.id order by a.allocated_at desc, a.id desc limit 5) a`,
    scheduler`select d.* from unnest(${ids}::uuid[]) v(id) cross join lateral (
      select d.id, d.vm_id, d.decision_algorithm, d.decision_score, d.decision_time, n.name from scheduling_decisions d
      left join nodes n on n.id = d.selected_node_id where d.vm_id = v.id order by d.decision_time desc, d.id desc limit 1) d`,
    monitoring`select vm_id, time, cpu_usage_percent, memory_usage_bytes, network_bytes_sent_per_second
      from vm_metrics_latest where vm_id = any(${ids}::uuid[])`,
    monitoring`select vm_id, floor(extract(epoch from time) / 300) * 300 as bucket, avg(cpu_usage_percent), max(cpu_usage_percent),
        sum(grown) / nullif(sum(seconds), 0) as written
      from (select vm_id, time, cpu_usage_percent,
          case when disk_write_bytes >= lag(disk_write_bytes) over w then disk_write_bytes - lag(disk_write_bytes) over w else disk_write_bytes end as grown,
          extract(epoch from time - lag(time) over w) as seconds
        from vm_metrics where vm_id = any(${ids}::uuid[]) and time >= ${new Date(from.getTime() - 900_000)} and time < ${to}
        window w as (partition by vm_id order by time)) s
      where time >= ${from} group by 1, 2 order by 1, 2`,
    monitoring`select a.* from unnest(${ids}::uuid[]) v(id) cross join lateral (
      select a.id, a.vm_id, a.severity, a.state, a.message, a.started_at, r.name, count(*) over () as total
      from alert_instances a join alert_rules r on r.id = a.rule_id where a.vm_id = v.id and a.resolved_at is null
      order by a.started_at desc, a.id desc limit 5) a`,
    federation`select p.* from unnest(${ids}::uuid[]) v(id) cross join lateral (
      select m.id, m.local_vm_id, m.instance_type, m.region, m.cost_per_hour, m.currency, p.name, p.provider_type
      from multicloud_vms m join cloud_providers p on p.id = m.provider_id where m.local_vm_id = v.id
      order by m.created_at desc, m.id desc limit 3) p`,
    federation`select m.*, s.* from unnest(${ids}::uuid[]) v(id) cross join lateral (
      select m.id, m.vm_id, m.migration_type, m.status, m.progress_percentage from migrations m where m.vm_id = v.id
      order by m.created_at desc, m.id desc limit 3) m left join lateral (
      select s.step_number, s.step_name, s.status as step_status, s.duration from migration_steps s where s.migration_id = m.id
      order by s.step_number limit 10) s on true`,
    federation`select c.* from unnest(${ids}::uuid[]) v(id) cross join lateral (
      select c.id, c.vm_id, c.severity, c.description, p.name, p.framework from compliance_violations c join compliance_policies p on p.id = c.policy_id
      where c.vm_id = v.id and c.resolved_at is null order by c.detected_at desc, c.id desc limit 5) c`,
  ]);
  return page.length + parts.reduce((sum, rows) => sum + rows.length, 0);
}
