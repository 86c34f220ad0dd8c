import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { latestVmMetrics } from "#db/monitoring/vm-metrics.ts";
import { makeRoom } from "#subgraphs/monitoring/metrics/make-room.ts";
import { continueSeries, type LatestSamples, recordSamples } from "#subgraphs/monitoring/metrics/record-samples.ts";
import { at, onEveryMetricStorage } from "./metric-storage.ts";

const noon = at("2026-05-04T12:00:00Z");

onEveryMetricStorage((database) => {
  const sampleOf = (vmId: string, time: number, networkBytesSent: number) => ({
    vms: { vmId: [vmId], time: [time], networkBytesSent: [networkBytesSent] },
  });

  async function newVm() {
    const [scope, vmId] = [{ tenantId: randomUUID() }, randomUUID()];
    await makeRoom(database().service, scope, ["vm_metrics", "system_metrics"], { from: noon, to: noon + 3_600 });
    const series = { name: "test", vmIds: [vmId], nodeIds: [] };
    const last = async () => {
      const [latest] = await database().service.write(scope, (tx) => latestVmMetrics(tx, [vmId]));
      return latest;
    };
    return { scope, vmId, series, last };
  }

  it("batches of samples are written with the last values that follow from them", async () => {
    const { scope, vmId, last } = await newVm();
    const batches = () => [sampleOf(vmId, noon, 100), sampleOf(vmId, noon + 60, 6_100)];
    expect(await recordSamples(database().service, scope, batches)).toBe(2);
    expect(await last()).toMatchObject({ networkBytesSent: 6_100, networkBytesSentPerSecond: 100 });
  });

  it("a series continues after its last value", async () => {
    const { scope, vmId, series, last } = await newVm();
    await recordSamples(database().service, scope, () => [sampleOf(vmId, noon, 100)]);
    const next = ({ vms: [latest] }: LatestSamples) =>
      latest ? [sampleOf(vmId, latest.time + 60, (latest.networkBytesSent ?? 0) + 600)] : [];
    expect(await continueSeries(database().service, scope, series, next)).toBe(1);
    expect(await last()).toMatchObject({ networkBytesSent: 700, networkBytesSentPerSecond: 10 });
  });

  it("of several that continue a series at the same time, one does", async () => {
    const { scope, vmId, series } = await newVm();
    const written = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        continueSeries(database().service, scope, series, ({ vms }) =>
          vms.length === 0 ? [sampleOf(vmId, noon + n, 100)] : [],
        ),
      ),
    );
    expect(written.toSorted()).toEqual([0, 0, 0, 0, 0, 1]);
  });
});
