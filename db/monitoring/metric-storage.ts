import type postgres from "postgres";
import type { MetricStorage } from "../migration-files.ts";

/**
 * Detects how samples are stored on this server: `timescale` where the extension is available under the licence that has continuous aggregates, `native`
 * partitions elsewhere. A database that has chosen once keeps its choice, even when the server gets TimescaleDB later.
 */
export async function detectMetricStorage(sql: postgres.Sql): Promise<MetricStorage> {
  const [made] = await sql<{ made: boolean }[]>`select to_regclass('public.metric_storage') is not null as made`;
  if (made?.made) {
    const [chosen] = await sql<{ engine: MetricStorage }[]>`select engine from public.metric_storage`;
    if (chosen) return chosen.engine;
  }
  // The licence is a setting of the extension's library. Where the library is not preloaded, there is no such setting.
  const [server] = await sql<{ available: boolean; licence: string | null }[]>`
    select exists (select from pg_available_extensions where name = 'timescaledb') as available,
      current_setting('timescaledb.license', true) as licence`;
  return server?.available && server.licence === "timescale" ? "timescale" : "native";
}
