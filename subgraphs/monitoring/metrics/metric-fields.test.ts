import { getTableColumns } from "drizzle-orm";
import { buildASTSchema, type GraphQLObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import { systemMetricsLatest } from "#db/monitoring/schema/system-metrics-latest.ts";
import { vmMetricsLatest } from "#db/monitoring/schema/vm-metrics-latest.ts";
import { nodeSeriesMetrics } from "#db/monitoring/system-metrics.ts";
import { vmSeriesMetrics } from "#db/monitoring/vm-metrics.ts";
import { asset } from "#lib/assets.ts";
import { readSchema } from "#lib/subgraph/read-schema.ts";

const schema = buildASTSchema(readSchema(asset("subgraphs/monitoring/schema.graphql")), { assumeValidSDL: true });
const fieldsOf = (type: string) => Object.values((schema.getType(type) as GraphQLObjectType).getFields());

describe.each([
  { series: "VmMetricSeries", metrics: vmSeriesMetrics, latest: "VmMetrics", table: vmMetricsLatest },
  { series: "NodeMetricSeries", metrics: nodeSeriesMetrics, latest: "NodeMetrics", table: systemMetricsLatest },
])("the list of metrics", ({ series, metrics, latest, table }) => {
  it(`has the metrics of ${series}, and no others`, () => {
    const fields = fieldsOf(series).filter(({ type }) => String(type) === "MetricColumn");
    expect(fields.map(({ name }) => name).toSorted()).toEqual([...metrics].toSorted());
  });

  it(`has the values of ${latest}, and no others`, () => {
    const columns = Object.keys(getTableColumns(table));
    const values = columns.filter((name) => !/^(vmId|nodeId|tenantId|time|previousTime)$/.test(name));
    const numbers = fieldsOf(latest).filter(
      ({ name, type }) => /^(Float|Int|Long)$/.test(String(type)) && name !== "ageSeconds",
    );
    expect(numbers.map(({ name }) => name).toSorted()).toEqual(values.toSorted());
  });
});
