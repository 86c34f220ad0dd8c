import postgres from "postgres";

// Computes the answer to the one request (docs/one-request.graphql) from the five databases, with plain SQL and loops, as the databases' owner, with
// the tenant as the only condition. It imports nothing of the product, because it must not share the product's mistakes.

type Row = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- rows of hand-written SQL

export interface OracleDatabases {
  auth: string;
  vms: string;
  monitoring: string;
  federation: string;
  scheduler: string;
}

export interface OracleRequest {
  tenantId: string;
  first: number;
  from: Date;
  to: Date;
}

const fiveMinutes = 300;

export async function expectedAnswer(urls: OracleDatabases, request: OracleRequest): Promise<Row[]> {
  const open = (url: string) =>
    postgres(url, { max: 1, onnotice: () => undefined, connection: { IntervalStyle: "iso_8601" } });
  const db = {
    auth: open(urls.auth),
    vms: open(urls.vms),
    monitoring: open(urls.monitoring),
    federation: open(urls.federation),
    scheduler: open(urls.scheduler),
  };
  const tenant = request.tenantId;
  try {
    const vms = await db.vms<Row[]>`
      select * from vms where tenant_id = ${tenant} and deleted_at is null order by name, id limit ${request.first}`;
    const users = byId(await db.auth<Row[]>`select * from users where tenant_id = ${tenant}`);
    const nodes = byId(await db.scheduler<Row[]>`select * from nodes`);
    const providers = byId(await db.federation<Row[]>`select * from cloud_providers where tenant_id = ${tenant}`);
    const policies = byId(await db.federation<Row[]>`select * from compliance_policies where tenant_id = ${tenant}`);
    const rules = byId(await db.monitoring<Row[]>`select * from alert_rules where tenant_id = ${tenant}`);
    const answers: Row[] = [];
    for (const vm of vms) {
      const alerts = await db.monitoring<Row[]>`
        select * from alert_instances where vm_id = ${vm["id"]} and tenant_id = ${tenant} and resolved_at is null
        order by started_at desc, id desc`;
      const allocations = await db.scheduler<Row[]>`
        select * from resource_allocations where vm_id = ${vm["id"]} and tenant_id = ${tenant} order by allocated_at desc, id desc limit 5`;
      const [decision] = await db.scheduler<Row[]>`
        select * from scheduling_decisions where vm_id = ${vm["id"]} and tenant_id = ${tenant} order by decision_time desc, id desc limit 1`;
      const twins = await db.federation<Row[]>`
        select *, cost_per_hour::text as cost from multicloud_vms where local_vm_id = ${vm["id"]} and tenant_id = ${tenant}
        order by created_at desc, id desc limit 3`;
      const migrations = await db.federation<Row[]>`
        select * from migrations where vm_id = ${vm["id"]} and tenant_id = ${tenant} order by created_at desc, id desc limit 3`;
      const violations = await db.federation<Row[]>`
        select * from compliance_violations where vm_id = ${vm["id"]} and tenant_id = ${tenant} and resolved_at is null
        order by detected_at desc, id desc limit 5`;
      const node = nodes.get(vm["node_id"]);
      const owner = users.get(vm["owner_id"]);
      answers.push({
        id: vm["id"],
        name: vm["name"],
        state: vm["state"].toUpperCase(),
        tags: Object.keys(vm["tags"])
          .toSorted()
          .map((key) => ({ key, value: vm["tags"][key] })),
        resources: {
          cpuMillicores: vm["resource_config"].cpuMillicores,
          memoryBytes: vm["resource_config"].memoryMb * 1_048_576,
        },
        owner: owner ? { id: owner["id"], username: owner["username"], email: owner["email"] } : null,
        node: node
          ? {
              id: node["id"],
              name: node["name"],
              status: node["status"].toUpperCase(),
              region: node["region"],
              availabilityZone: node["availability_zone"],
            }
          : null,
        ...(await metricsOf(db.monitoring, vm["id"], request)),
        alerts: {
          totalCount: alerts.length,
          nodes: alerts.slice(0, 5).map((alert) => ({
            id: alert["id"],
            severity: alert["severity"].toUpperCase(),
            state: alert["acknowledged_at"] ? "ACKNOWLEDGED" : alert["state"].toUpperCase(),
            message: alert["message"],
            startedAt: iso(alert["started_at"]),
            rule: { name: rules.get(alert["rule_id"])?.["name"] },
          })),
        },
        allocations: {
          nodes: allocations.map((claim) => ({
            id: claim["id"],
            status: claim["status"].toUpperCase(),
            cpuMillicores: claim["cpu_millicores"],
            memoryBytes: Number(claim["memory_mb"]) * 1_048_576,
            node: { name: nodes.get(claim["node_id"])?.["name"] },
          })),
        },
        placementDecision: decision
          ? {
              id: decision["id"],
              algorithm: decision["decision_algorithm"],
              score: decision["decision_score"],
              decidedAt: iso(decision["decision_time"]),
              selectedNode: decision["selected_node_id"]
                ? { name: nodes.get(decision["selected_node_id"])?.["name"] }
                : null,
            }
          : null,
        providerVms: {
          nodes: twins.map((twin) => ({
            id: twin["id"],
            instanceType: twin["instance_type"],
            region: twin["region"],
            costPerHour: twin["cost"] === null ? null : { amount: twin["cost"], currency: twin["currency"] },
            provider: {
              name: providers.get(twin["provider_id"])?.["name"],
              type: providers.get(twin["provider_id"])?.["provider_type"].toUpperCase(),
            },
          })),
        },
        migrations: {
          nodes: await Promise.all(
            migrations.map(async (migration) => {
              const steps = await db.federation<Row[]>`
                select *, duration::text as spent from migration_steps where migration_id = ${migration["id"]}
                order by step_number, id limit 10`;
              return {
                id: migration["id"],
                type: migration["migration_type"].toUpperCase(),
                status: migration["status"].toUpperCase(),
                progressPercentage: migration["progress_percentage"],
                steps: {
                  nodes: steps.map((step) => ({
                    number: step["step_number"],
                    name: step["step_name"],
                    status: step["status"].toUpperCase(),
                    duration: step["spent"],
                  })),
                },
              };
            }),
          ),
        },
        violations: {
          nodes: violations.map((violation) => ({
            id: violation["id"],
            severity: violation["severity"].toUpperCase(),
            description: violation["description"],
            policy: {
              name: policies.get(violation["policy_id"])?.["name"],
              framework: policies.get(violation["policy_id"])?.["framework"],
            },
          })),
        },
      });
    }
    return answers;
  } finally {
    await Promise.all(Object.values(db).map((sql) => sql.end({ timeout: 5 })));
  }
}

/** Reads every sample of the VM, and computes buckets, aggregates and rates one sample after the other. */
async function metricsOf(sql: postgres.Sql, vmId: string, { tenantId, from, to }: OracleRequest): Promise<Row> {
  const samples = await sql<
    Row[]
  >`select * from vm_metrics where vm_id = ${vmId} and tenant_id = ${tenantId} order by time`;
  const last = samples.at(-1);
  const before = samples.at(-2);
  const rate = (column: string, newer: Row, older: Row | undefined): number | null => {
    if (!older || newer[column] === null || older[column] === null) return null;
    const seconds = (newer["time"].getTime() - older["time"].getTime()) / 1_000;
    // Across a gap of more than 15 minutes the rate is unknown.
    if (seconds > 900) return null;
    const grown = Number(newer[column]) - Number(older[column]);
    // A counter that is smaller than before was reset, so it grew from zero.
    return (grown < 0 ? Number(newer[column]) : grown) / seconds;
  };
  const buckets = new Map<number, { cpu: number[]; increase: number; seconds: number }>();
  const start = Math.floor(from.getTime() / 1_000 / fiveMinutes) * fiveMinutes;
  const times: number[] = [];
  for (let time = start; time * 1_000 < to.getTime(); time += fiveMinutes) {
    times.push(time);
    buckets.set(time, { cpu: [], increase: 0, seconds: 0 });
  }
  samples.forEach((sample, index) => {
    if (sample["time"] < from || sample["time"] >= to) return;
    const bucket = buckets.get(Math.floor(sample["time"].getTime() / 1_000 / fiveMinutes) * fiveMinutes);
    if (!bucket) return;
    if (sample["cpu_usage_percent"] !== null) bucket.cpu.push(sample["cpu_usage_percent"]);
    const older = samples[index - 1];
    const perSecond = rate("disk_write_bytes", sample, older);
    if (perSecond !== null && older) {
      const seconds = (sample["time"].getTime() - older["time"].getTime()) / 1_000;
      bucket.increase += perSecond * seconds;
      bucket.seconds += seconds;
    }
  });
  const columns = times.map((time) => buckets.get(time));
  return {
    latestMetrics: last
      ? {
          time: iso(last["time"]),
          cpuUsagePercent: last["cpu_usage_percent"],
          memoryUsageBytes: last["memory_usage_bytes"] === null ? null : Number(last["memory_usage_bytes"]),
          networkBytesSentPerSecond: rate("network_bytes_sent", last, before),
        }
      : null,
    metrics: {
      tier: "RAW",
      times: times.map((time) => iso(new Date(time * 1_000))),
      cpuUsagePercent: {
        avg: columns.map((bucket) =>
          bucket && bucket.cpu.length > 0
            ? bucket.cpu.reduce((sum, value) => sum + value, 0) / bucket.cpu.length
            : null,
        ),
        max: columns.map((bucket) => (bucket && bucket.cpu.length > 0 ? Math.max(...bucket.cpu) : null)),
      },
      diskWriteBytesPerSecond: {
        avg: columns.map((bucket) => (bucket && bucket.seconds > 0 ? bucket.increase / bucket.seconds : null)),
      },
    },
  };
}

const byId = (rows: readonly Row[]): Map<string, Row> => new Map(rows.map((row) => [row["id"] as string, row]));
const iso = (time: Date): string => time.toISOString();
