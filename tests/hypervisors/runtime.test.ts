import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Connection, readConnection } from "#hypervisors/simulated/connection-file.ts";
import { newId } from "#lib/uuid.ts";
import { isAlive, ownIdentity } from "#lib/process/process-identity.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { type OpenHypervisor, openHypervisor, simulatedHypervisorFolder } from "#runtime/hypervisor/open-hypervisor.ts";
import { until } from "#tests/events/until.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { novacronHere, startCommand, startNovacron } from "#tests/running/command.ts";
import { SimulatedProcess } from "./simulated-process.ts";

const never = new AbortController().signal;
const own = { runs: true, latency: "none" } as const;
const dataDir = temporaryDataDir("novacron-hypervisors-");
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** Returns the connection of the process that runs on a folder. */
const runningOn = (folder: string): Connection | undefined => {
  const connection = readConnection(folder);
  return connection && isAlive(connection.process) ? connection : undefined;
};
const create = ({ client }: OpenHypervisor, vmId: string) =>
  client.create(
    { nodeId: "node-1", vmId, step: "create", fence: { operationId: newId(), token: 1 }, signal: never },
    { name: "web-1", cpuMillicores: 1_000, memoryMb: 128, disks: [], interfaces: [] },
  );

describe("the process of the simulated hypervisor that a start runs", () => {
  it("is started again when it is killed, with the same machines, and stops with its starter", async () => {
    const opened = openHypervisor({ dataDir, simulatedHypervisor: undefined }, own);
    if (!opened) throw new Error("None was opened.");
    await opened.ready;
    const vmId = newId();
    await create(opened, vmId);
    const folder = simulatedHypervisorFolder({ dataDir });
    const first = runningOn(folder);
    expect(first?.startedBy).toEqual(ownIdentity());
    process.kill(first?.process.pid ?? 0, "SIGKILL");
    await until("another process runs", () => {
      const now = runningOn(folder);
      return now && now.process.pid !== first?.process.pid;
    });
    expect(await opened.client.list(never)).toMatchObject([{ vmId }]);
    await opened.close();
    expect(runningOn(folder)).toBeUndefined();
  });

  it("is that of another living process, where there is one, and is left to that one", async () => {
    const parent = temporaryDataDir("novacron-hypervisors-");
    const other = await SimulatedProcess.start({ folder: join(parent, "simulated-hypervisor") });
    const opened = openHypervisor({ dataDir: parent, simulatedHypervisor: undefined }, own);
    await opened?.ready;
    const before = runningOn(other.folder);
    expect(await opened?.client.list(never)).toEqual([]);
    await opened?.close();
    expect(runningOn(other.folder)).toEqual(before);
    await other.stop();
    rmSync(parent, { recursive: true });
  });

  it("is not made again in a data folder that was removed", async () => {
    const removed = temporaryDataDir("novacron-hypervisors-");
    const opened = openHypervisor({ dataDir: removed, simulatedHypervisor: undefined }, own);
    await opened?.ready;
    const { pid = 0 } = readConnection(simulatedHypervisorFolder({ dataDir: removed }))?.process ?? {};
    rmSync(removed, { recursive: true });
    await until("the process has ended", () => !existsSync(`/proc/${pid}`));
    await opened?.close();
    expect(existsSync(removed)).toBe(false);
  });
});

describe("novacron start", () => {
  it("runs the simulated hypervisor, which outlives its kill, is adopted by the next start, and stops with that one", async () => {
    const folder = simulatedHypervisorFolder({ dataDir });
    const first = await startNovacron(["--data-dir", dataDir, "--no-demo"]);
    const { pid } = runningOn(folder)?.process ?? {};
    await first.stop("SIGKILL");
    expect(runningOn(folder)?.process.pid).toBe(pid);
    const second = await startNovacron(["--data-dir", dataDir, "--no-demo"]);
    expect(runningOn(folder)?.process.pid).toBe(pid);
    expect(await second.stop()).toMatchObject({ code: 0 });
    expect(runningOn(folder)).toBeUndefined();
    expect(readFileSync(join(folder, "errors.log"), "utf8")).toBe("");
  });
});

describe("novacron simulated-hypervisor", () => {
  it("runs alone, for processes that have its URL and token", async () => {
    const alone = temporaryDataDir("novacron-hypervisors-");
    const token = "a-token-of-the-installation";
    const command = ["simulated-hypervisor", "--data-dir", alone, "--latency", "none"];
    const ready = /^novacron simulated-hypervisor ready (\S+)$/m;
    const running = await startCommand(command, { SIMULATED_HYPERVISOR_TOKEN: token }, ready);
    const environment = readEnvironment({ SIMULATED_HYPERVISOR_URL: running.url, SIMULATED_HYPERVISOR_TOKEN: token });
    const opened = openHypervisor(environment);
    const vmId = newId();
    if (opened) await create(opened, vmId);
    expect(await opened?.client.list(never)).toMatchObject([{ vmId }]);
    await opened?.close();
    expect(await running.stop()).toMatchObject({ code: 0 });
    rmSync(alone, { recursive: true });
  });

  it("is refused in wrong settings, and undefined where nothing is configured", async () => {
    const url = "http://127.0.0.1:1";
    expect(() => readEnvironment({ SIMULATED_HYPERVISOR_URL: url })).toThrow("SIMULATED_HYPERVISOR_TOKEN: missing");
    expect(() => readEnvironment({ SIMULATED_HYPERVISOR_URL: "nowhere" })).toThrow("SIMULATED_HYPERVISOR_URL: ");
    expect(openHypervisor(readEnvironment({}))).toBeUndefined();
    const refused = await novacronHere(["simulated-hypervisor", "--data-dir", dataDir, "--latency", "odd"]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("USAGE: ") });
  });
});
