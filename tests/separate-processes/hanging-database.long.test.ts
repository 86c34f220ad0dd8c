import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hung } from "#tests/harness/network-faults.ts";
import { askGraph } from "#tests/harness/product.ts";
import { makeInstallation } from "./installation.ts";
import { Topology } from "./topology.ts";

let folder: string;
let topology: Topology;
beforeAll(async () => {
  folder = await makeInstallation();
  topology = new Topology(folder);
  await topology.up();
});
afterAll(async () => {
  await topology?.down();
  rmSync(folder, { recursive: true, force: true });
});

describe("the processes of docker-compose.yml", () => {
  it("end with exit code 0 on SIGTERM also while a database hangs under a request", async () => {
    await topology.command("user", "create", "admin", "--role", "admin", "--email", "admin@example.org");
    const made = await topology.command("key", "create", "admin", "--name", "of a test", "--scopes", "*", "--json");
    const { key } = JSON.parse(made) as { key: string };
    const proxy = topology.databases.get("vms-db")?.proxy;
    if (!proxy) throw new Error("There is no database of VMs.");
    const queried = new Promise<void>((resolve) => {
      const toServer = (chunk: Buffer) => void (chunk.includes("repeatable read read only") && resolve());
      proxy.fault = { ...hung, toServer };
    });
    const gateway = topology.replicas.get("gateway-1")?.[0]?.url ?? "";
    const answer = askGraph(gateway, "{ vms(first: 1) { nodes { name } } }", {}, key);
    await queried;
    expect(await topology.stop("gateway-1", "vms", "jobs")).toEqual({ "gateway-1": [0], vms: [0], jobs: [0, 0] });
    expect(await answer).toMatchObject({ status: 200, data: { vms: null } });
  });
});
