import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "#tests/events/until.ts";
import { type TcpProxy, tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { lifecycleFixture, newName } from "#tests/lifecycle/fixture.ts";
import { beginNovacron, novacronHere } from "./command.ts";

interface Printed {
  id: string;
  name: string;
  state: string;
  node: string | null;
  operation: { id: string; kind: string; status: string; steps: { name: string; state: string }[] } | null;
}

const fixture = lifecycleFixture();
const environment = { NOVACRON_API_KEY: "of anyone" };
let network: TcpProxy;
beforeAll(async () => {
  network = await tcpProxy(fixture.product.url);
});
afterEach(() => fixture.hypervisor.configure({}));
afterAll(() => network.cut());

const vm = (...args: string[]) => novacronHere(["vm", ...args, "--url", fixture.product.url], environment);
async function printed<Value = Printed>(...args: string[]): Promise<Value> {
  const { code, stdout, stderr } = await vm(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Value;
}
const created = async () => (await printed("create", newName(), "--cpu", "500m", "--memory", "512MiB")).name;
const begin = (...args: string[]) => beginNovacron(["vm", ...args, "--url", network.url], environment);

describe("novacron vm", () => {
  it("creates a VM, shows each step once, and ends when it is up", async () => {
    const name = newName();
    const { code, stdout, stderr } = await vm("create", name, "--cpu", "0.5", "--memory", "512MiB", "--disk", "5GiB");
    expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^${name} is running on node-\\d\\n$`))]);
    const lines = stderr.trimEnd().split("\n");
    expect(lines.at(-1)).toBe(`create_vm [${"#".repeat(20)}] 8/8 done`);
    expect(new Set(lines).size).toBe(lines.length);
    const shown = await printed("show", name);
    expect(shown).toMatchObject({
      name,
      state: "RUNNING",
      node: expect.stringMatching(/^node-\d$/),
      operation: { kind: "create_vm", status: "DONE" },
    });
    expect(await printed("show", shown.id)).toEqual(shown);
  });

  it.each([
    ["stop", "STOPPED"],
    ["start", "RUNNING"],
    ["reboot", "RUNNING"],
    ["pause", "PAUSED"],
    ["resume", "RUNNING"],
    ["suspend", "SUSPENDED"],
    ["stop --force", "STOPPED"],
    ["delete", "DELETED"],
  ])("`%s` ends when the VM is %s", async (command, state) => {
    name ??= await created();
    const { operation, ...rest } = await printed(...command.split(" "), name);
    expect(rest).toMatchObject({ name, state });
    expect(operation?.status).toBe("DONE");
    expect(operation?.steps.every((step) => step.state === "DONE")).toBe(true);
  });
  let name: string | undefined;
});
