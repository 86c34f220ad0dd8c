import { type Column, sql } from "drizzle-orm";
import { contains, during, type Filter, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { instancePriceHistory } from "./change-history.ts";
import { instancePrices } from "./schema/instance-prices.ts";

/** The numeric column is the value or more; `unit` is how many of the value's units one unit of the column is. */
const atLeast =
  (column: Column, unit = 1): Filter =>
  (name, value) => ({
    shape: name,
    sql: sql`${column} >= ${sql.placeholder(name)}::numeric`,
    values: { [name]: String(Number(value) / unit) },
  });

export const instancePriceEntity = defineEntity({
  table: instancePrices,
  history: instancePriceHistory,
  filters: {
    providerType: oneOf(instancePrices.providerType),
    region: oneOf(instancePrices.region),
    instanceType: oneOf(instancePrices.instanceType),
    family: oneOf(instancePrices.family),
    arch: oneOf(instancePrices.arch),
    os: oneOf(instancePrices.os),
    minVcpu: atLeast(instancePrices.vcpu),
    minMemoryBytes: atLeast(instancePrices.memoryGib, 2 ** 30),
    minGpuCount: atLeast(instancePrices.gpuCount),
    asOf: during(instancePrices.asOf),
    text: contains(instancePrices.instanceType, instancePrices.family),
  },
  orders: {
    CREATED_AT: instancePrices.createdAt,
    REGION: instancePrices.region,
    INSTANCE_TYPE: instancePrices.instanceType,
    VCPU: instancePrices.vcpu,
    MEMORY_BYTES: instancePrices.memoryGib,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});
