import type postgres from "postgres";
import type { MetricStorage } from "../migration-files.ts";

/**
 * How samples can be stored on this server: `timescale` where the extension is available under the licence that has continuous
 * aggregates and retention, `native` partitions elsewhere. Asked once, when the monitoring database is first migrated.
 */
export async function detectMetricStorage(sql: postgres.Sql): Promise<MetricStorage> {
  const [server] = await sql<{ available: boolean; licence: string | null }[]>`
    select exists (select from pg_available_extensions where name = 'timescaledb') as available,
      current_setting('timescaledb.license', true) as licence`;
  return server?.available && server.licence === "timescale" ? "timescale" : "native";
}
