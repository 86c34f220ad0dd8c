import { expect, it } from "vitest";
import { detectMetricStorage } from "#db/monitoring/metric-storage.ts";
import { onEveryMetricStorage } from "./metric-storage.ts";

onEveryMetricStorage((database) => {
  it("the metric storage is detected, and recorded in the database", async () => {
    expect(await detectMetricStorage(database().owner)).toBe(database().engine);
    const [chosen] = await database().owner`select engine from metric_storage`;
    expect(chosen).toEqual({ engine: database().engine });
  });

  it("the metric storage stays the recorded one, whatever the server supports now", async () => {
    const other = database().engine === "native" ? "timescale" : "native";
    await database().owner`update metric_storage set engine = ${other}`;
    expect(await detectMetricStorage(database().owner)).toBe(other);
  });
});
