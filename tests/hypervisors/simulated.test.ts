import { existsSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectSimulatedHypervisor } from "#hypervisors/simulated/client.ts";
import { readConnection } from "#hypervisors/simulated/connection-file.ts";
import { maxRequestBytes } from "#hypervisors/simulated/protocol.ts";
import type { HypervisorErrorCode, MachineCall, MachineSpec } from "#hypervisors/port.ts";
import { newId } from "#lib/uuid.ts";
import { until } from "#tests/events/until.ts";
import { SimulatedProcess } from "./simulated-process.ts";

const spec: MachineSpec = {
  name: "web-1",
  cpuMillicores: 4_000,
  memoryMb: 1_000,
  disks: [{ name: "root", sizeGb: 10 }],
  interfaces: [],
};
const never = new AbortController().signal;
const refused = (code: HypervisorErrorCode) => expect.objectContaining({ name: "HypervisorError", code });
const forced = { forced: true } as const;

let simulated: SimulatedProcess;
beforeAll(async () => {
  simulated = await SimulatedProcess.start();
});
afterAll(() => simulated?.stop());
beforeEach(async () => {
  if (readConnection(simulated.folder)) await simulated.configure({});
});

const newVm = (nodeId = newId()) => {
  const vmId = newId();
  return {
    nodeId,
    vmId,
    call: (step: string, { operationId = newId(), token = 1 } = {}): MachineCall => ({
      nodeId,
      vmId,
      step,
      fence: { operationId, token },
      signal: never,
    }),
    state: async () => (await simulated.client.stats({ nodeId, vmId, signal: never })).state,
  };
};
const runningVm = async () => {
  const vm = newVm();
  await simulated.client.create(vm.call("create"), spec);
  await simulated.client.start(vm.call("start"));
  return vm;
};

describe("the faults of the simulated hypervisor", () => {
  it("case L1: the effect of a lost response is durable, and its repetition has the same result", async () => {
    const { client } = simulated;
    const { vmId, call, state } = await runningVm();
    await simulated.configure({ planned: [{ fault: "lost_answer", method: "createSnapshot", vmId }] });
    const snapshot = call("snapshot");
    await expect(client.createSnapshot(snapshot, "one")).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    await simulated.restart();
    expect(await state()).toBe("running");
    const [listed] = (await client.list(never)).filter((machine) => machine.vmId === vmId);
    expect(listed?.snapshotIds).toEqual(["one"]);
    await client.deleteSnapshot(call("delete"), "one");
    expect((await client.createSnapshot(snapshot, "one")).sizeBytes).toBeGreaterThan(0);
    expect((await client.list(never)).find((machine) => machine.vmId === vmId)?.snapshotIds).toEqual([]);
  });

  it.each([
    ["lost_request", "HYPERVISOR_UNAVAILABLE"],
    ["error", "HYPERVISOR_UNAVAILABLE"],
    ["refusal", "NODE_REFUSED"],
  ] as const)("%s has no effect, and occurs as often as planned", async (fault, code) => {
    const { vmId, call, state } = newVm();
    await simulated.configure({ planned: [{ fault, method: "create", vmId, times: 2 }] });
    const create = call("create");
    await expect(simulated.client.create(create, spec)).rejects.toEqual(refused(code));
    await expect(simulated.client.create(create, spec)).rejects.toEqual(refused(code));
    expect(await state()).toBe("absent");
    await simulated.client.create(create, spec);
    expect(await state()).toBe("stopped");
  });

  it("random faults follow from their seed", async () => {
    const outcomes = async (seed: number) => {
      await simulated.configure({ seed, faults: { error: 0.3, refusal: 0.3 } });
      const seen: string[] = [];
      for (let at = 0; at < 30; at++)
        await simulated.client.create(newVm().call("create"), spec).then(
          () => seen.push("done"),
          ({ code }: { code: string }) => seen.push(code),
        );
      return seen;
    };
    const first = await outcomes(5);
    expect(new Set(first)).toEqual(new Set(["done", "NODE_REFUSED", "HYPERVISOR_UNAVAILABLE"]));
    expect(await outcomes(5)).toEqual(first);
    expect(await outcomes(6)).not.toEqual(first);
  });

  it("case P8: a node that refuses machines keeps those that it has, and takes none", async () => {
    const { client } = simulated;
    const { nodeId, call, state } = await runningVm();
    const other = newVm(nodeId);
    const elsewhere = await runningVm();
    await simulated.configure({ nodes: { [nodeId]: { refuses: true } } });
    await expect(client.create(other.call("create"), spec)).rejects.toEqual(refused("NODE_REFUSED"));
    await expect(client.migrate(elsewhere.call("migrate"), nodeId)).rejects.toEqual(refused("NODE_REFUSED"));
    await client.create(call("again"), spec);
    await client.reboot(call("reboot"));
    expect([await state(), await elsewhere.state()]).toEqual(["running", "running"]);
  });

  it("a dead node has no usable response, and accepts no machine of another node", async () => {
    const { client } = simulated;
    const { nodeId, call, state } = await runningVm();
    const elsewhere = await runningVm();
    await simulated.configure({ nodes: { [nodeId]: { isDead: true } } });
    await expect(client.stop(call("stop"), forced)).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    await expect(state()).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    await expect(client.migrate(elsewhere.call("migrate"), nodeId)).rejects.toEqual(refused("NODE_REFUSED"));
    await simulated.configure({});
    expect(await state()).toBe("running");
  });

  it("a slow node and a method with a latency take their time, and the caller's time limit ends the wait alone", async () => {
    const hasty = connectSimulatedHypervisor({ folder: simulated.folder }, { callMs: 100 });
    const { nodeId, call, state } = await runningVm();
    await simulated.configure({ latencies: { pause: [400, 400] }, nodes: { [nodeId]: { slowMs: 100 } } });
    const pause = call("pause");
    const began = performance.now();
    await expect(hasty.pause(pause)).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    expect(performance.now() - began).toBeLessThan(400);
    await simulated.client.pause(pause);
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(await state()).toBe("paused");
    await hasty.close();
  });

  it("a call that was given up has no effect after a call with a higher token", async () => {
    const { client } = simulated;
    const { call, state } = newVm();
    const operationId = newId();
    await simulated.configure({ latencies: { create: [300, 300] } });
    const [late] = await Promise.allSettled([
      client.create(call("provision", { operationId, token: 4 }), spec),
      client.destroy(call("provision", { operationId, token: 5 })),
    ]);
    expect(late).toEqual({ status: "rejected", reason: refused("FENCING_TOKEN_OUTDATED") });
    expect(await state()).toBe("absent");
  });
});

describe("case L7: a graceful stop in the simulated hypervisor", () => {
  it("resolves to false while the guest needs more time, and to true when the step is attempted again", async () => {
    const { client } = simulated;
    const { vmId, call, state } = await runningVm();
    await simulated.configure({ guests: { [vmId]: { stopMs: 500 } } });
    const operationId = newId();
    const first = call("stop", { operationId, token: 1 });
    expect(await client.stop(first, { forced: false, withinMs: 50 })).toBe(false);
    expect(await state()).toBe("running");
    const second = call("stop", { operationId, token: 2 });
    expect(await client.stop(second, { forced: false, withinMs: 5_000 })).toBe(true);
    expect(await state()).toBe("stopped");
  });

  it("reaches its end although its caller and the hypervisor's process ended meanwhile", async () => {
    const { client } = simulated;
    const { vmId, call, state } = await runningVm();
    await simulated.configure({ guests: { [vmId]: { stopMs: 300 } } });
    const stop = { ...call("stop"), signal: AbortSignal.timeout(100) };
    const stopping = client.stop(stop, { forced: false, withinMs: 10_000 });
    await expect(stopping).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    await simulated.restart();
    await until("the guest has stopped", async () => (await state()) === "stopped");
    expect(await client.stop(call("stop"), { forced: false, withinMs: 10 })).toBe(true);
  });

  it("does not drop the memory of a suspended machine, as a forced stop does", async () => {
    const { client } = simulated;
    const { call, state } = await runningVm();
    await client.suspend(call("suspend"));
    const graceful = client.stop(call("stop"), { forced: false, withinMs: 10 });
    await expect(graceful).rejects.toEqual(refused("HYPERVISOR_UNSUPPORTED"));
    expect(await client.stop(call("stop"), forced)).toBe(true);
    expect(await state()).toBe("stopped");
  });
});

describe("a machine of the simulated hypervisor", () => {
  it("uses CPU time and memory while it runs, and grows without a stop but does not shrink", async () => {
    const { client } = simulated;
    const { nodeId, vmId, call } = await runningVm();
    const stats = () => client.stats({ nodeId, vmId, signal: never });
    await until("CPU time was used", async () => (await stats()).cpuTimeMs > 0);
    expect((await stats()).memoryUsedMb).toBe(600);
    await client.resize(call("grow"), { ...spec, memoryMb: 2_000 });
    expect((await stats()).memoryUsedMb).toBe(1_200);
    await expect(client.resize(call("shrink"), spec)).rejects.toEqual(refused("HYPERVISOR_UNSUPPORTED"));
    await client.stop(call("stop"), forced);
    await client.resize(call("shrink"), spec);
    expect(await stats()).toEqual({ state: "stopped", cpuTimeMs: 0, memoryUsedMb: 0 });
  });
});

describe("the process of the simulated hypervisor", () => {
  it("keeps its token from other users, and refuses requests without it", async () => {
    expect(statSync(join(simulated.folder, "connection.json")).mode & 0o777).toBe(0o600);
    for (const [method, path] of [
      ["GET", "/machines"],
      ["PUT", "/settings"],
      ["POST", "/calls"],
      ["GET", "/elsewhere"],
    ] as const)
      expect(await simulated.request(method, path, method === "GET" ? undefined : {}, "guessed")).toMatchObject({
        status: 401,
      });
    const { url = "" } = readConnection(simulated.folder) ?? {};
    const other = connectSimulatedHypervisor({ url, token: "guessed" });
    await expect(other.list(never)).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    await other.close();
    expect(new URL(url).hostname).toBe("127.0.0.1");
    expect((await fetch(new URL("/health/live", url))).status).toBe(200);
  });

  it("refuses requests that are too large, are not JSON, or do not fit, for good", async () => {
    const { vmId, call } = newVm();
    for (const [body, status] of [
      ["x".repeat(maxRequestBytes + 1), 413],
      ["{", 400],
      [{ method: "explode", vmId }, 400],
      [{ method: "start", nodeId: "n", vmId, operationId: "o", step: "s", token: 1, extra: 1 }, 400],
    ] as const)
      expect(await simulated.request("POST", "/calls", body)).toMatchObject({
        status,
        body: { error: { code: "HYPERVISOR_UNSUPPORTED" } },
      });
    await expect(simulated.client.create(call("create"), { ...spec, memoryMb: -1 })).rejects.toEqual(
      refused("HYPERVISOR_UNSUPPORTED"),
    );
    expect(await simulated.request("GET", "/elsewhere")).toMatchObject({ status: 404 });
  });

  it("keeps the settings of its faults when it is killed", async () => {
    const settings = await simulated.configure({ nodes: { "node-1": { refuses: true } }, faults: { error: 0.1 } });
    await simulated.restart();
    // A start sets the latencies, none by default.
    expect((await simulated.request("GET", "/settings")).body.result).toEqual(settings);
  });

  it("is found again at another port, is unavailable meanwhile, and ends with exit code 0 on SIGTERM", async () => {
    const { call, state } = await runningVm();
    const before = readConnection(simulated.folder)?.url;
    expect(await simulated.end("SIGTERM")).toBe(0);
    expect(readConnection(simulated.folder)).toBeUndefined();
    await expect(simulated.client.pause(call("pause"))).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    expect(await simulated.run()).toMatch(/^novacron simulated-hypervisor ready http:\/\/127\.0\.0\.1:\d+$/);
    expect(readConnection(simulated.folder)?.url).not.toBe(before);
    expect(await state()).toBe("running");
  });

  it("is unavailable, within the time limit, when something else or nothing responds at its address", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const limits = { callMs: 200, connectMs: 200 };
    const client = connectSimulatedHypervisor({ url: `http://127.0.0.1:${port}`, token: "t" }, limits);
    await expect(client.list(never)).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    await client.close();
    silent.close();
  });

  it("does not start on a folder that another process uses", async () => {
    const { pid } = readConnection(simulated.folder)?.process ?? {};
    await expect(simulated.run()).rejects.toThrow(new RegExp(`^1: STORE_IN_USE: .*${pid}`, "m"));
    expect((await simulated.request("GET", "/settings")).status).toBe(200);
  });

  it("ends when its folder was removed", async () => {
    const removed = await SimulatedProcess.start();
    const { pid = 0 } = readConnection(removed.folder)?.process ?? {};
    rmSync(removed.folder, { recursive: true });
    await until("the process has ended", () => !existsSync(`/proc/${pid}`));
    expect(existsSync(removed.folder)).toBe(false);
    await removed.stop();
  });
});
