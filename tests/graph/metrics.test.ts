import { getTableColumns } from "drizzle-orm";
import { isEnumType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noLimits } from "#gateway/limits/limits.ts";
import { metrics, metricStoredAs, storedMetricName } from "#db/monitoring/metrics.ts";
import { systemMetrics } from "#db/monitoring/schema/system-metrics.ts";
import { vmMetrics } from "#db/monitoring/schema/vm-metrics.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { fleetOf, insertFleet } from "./rows.ts";

const { apiSchema } = productSupergraph();
const fieldsOf = (name: string, ofType?: string): string[] => {
  const type = apiSchema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is not an object type.`);
  return Object.values(type.getFields())
    .filter((field) => !ofType || String(field.type) === ofType)
    .map((field) => field.name);
};
const enumType = apiSchema.getType("Metric");
const names = isEnumType(enumType) ? enumType.getValues().map(({ name }) => name) : [];
/** `LOAD_AVERAGE_1M` is the field `loadAverage1m`. */
const fieldNamed = (name: string) =>
  name.toLowerCase().replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());

describe("the metrics", () => {
  it("are the columns of the series of VMs and nodes, each under the same name", () => {
    const columns = new Set([
      ...fieldsOf("VmMetricSeries", "MetricColumn"),
      ...fieldsOf("NodeMetricSeries", "MetricColumn"),
    ]);
    expect(names.length).toBeGreaterThan(15);
    expect(names.map(fieldNamed).toSorted()).toEqual([...columns].toSorted());
  });

  it("have the same names in the newest samples", () => {
    const sampled = new Set([...fieldsOf("VmMetrics"), ...fieldsOf("NodeMetrics")]);
    expect(names.map(fieldNamed).filter((field) => !sampled.has(field))).toEqual([]);
  });

  it("are stored in alert rules under the name of a column of the samples, and no two under the same", () => {
    const columns = [vmMetrics, systemMetrics].flatMap((table) =>
      Object.values(getTableColumns(table)).map(({ name }) => name),
    );
    const stored = metrics.map(storedMetricName);
    expect(stored.filter((name) => !columns.includes(name))).toEqual([]);
    expect(new Set(stored).size).toBe(metrics.length);
    expect(stored.map(metricStoredAs)).toEqual(metrics);
  });
});

describe("a query", () => {
  const fleet = fleetOf(1);
  let product: TestProduct;
  beforeAll(async () => {
    product = await bootProduct({ operationLimits: noLimits, tenantId: fleet.tenantId });
    await insertFleet(product.urls, 1, 3);
  });
  afterAll(() => product.stop());

  it("lists a rule whose stored metric is unknown, without the metric, and finds the others by theirs", async () => {
    await asOwner(product.urls.url("monitoring"), async (sql) => {
      await sql`update alert_rules set metric_name = 'fan_speed' where id = ${fleet.id("alertRule", 1)}`;
      await sql`update alert_rules set metric_name = 'network_bytes_sent' where id = ${fleet.id("alertRule", 2)}`;
    });
    const { data, errors } = await product.ask(`{
      all: alertRules { nodes { id metric } }
      some: alertRules(filter: { metric: [NETWORK_BYTES_SENT_PER_SECOND] }) { nodes { id } } }`);
    expect(errors).toEqual([]);
    expect(
      Object.fromEntries(data.all.nodes.map((rule: { id: string; metric: string }) => [rule.id, rule.metric])),
    ).toEqual({
      [fleet.id("alertRule", 1)]: null,
      [fleet.id("alertRule", 2)]: "NETWORK_BYTES_SENT_PER_SECOND",
      [fleet.id("alertRule", 3)]: "CPU_USAGE_PERCENT",
    });
    expect(data.some.nodes).toEqual([{ id: fleet.id("alertRule", 2) }]);
  });

  it("compares VMs by each of their metrics, and by no metric of nodes", async () => {
    const { data, errors } = await product.ask(
      `{ ${names.map((name) => `${name}: topVms(by: ${name}) { vm { id } }`).join(" ")} }`,
    );
    const refused = names.filter((name) => !fieldsOf("VmMetrics").includes(fieldNamed(name)));
    expect(refused).toContain("RUNNING_VM_COUNT");
    expect(
      errors.map(({ path, extensions }) => [path?.[0], extensions.code, extensions["argument"]]).toSorted(),
    ).toEqual(refused.map((name) => [name, "BAD_USER_INPUT", "by"]).toSorted());
    expect(data.CPU_USAGE_PERCENT.length).toBeGreaterThan(0);
  });
});
