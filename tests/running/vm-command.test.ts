import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "#tests/events/until.ts";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
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
/** Returns a VM when its newest operation is of a kind: operations are listed a moment after they were started. */
async function listed(name: string, kind: string): Promise<Printed> {
  let found: Printed | undefined;
  await until(`an operation ${kind} is listed`, async () => {
    const shown: Printed = await printed("show", name);
    found = shown;
    return shown.operation?.kind === kind;
  });
  return found as Printed;
}
const begin = (...args: string[]) => beginNovacron(["vm", ...args, "--url", network.url], environment);

describe("novacron vm", () => {
  it("creates a VM, shows each step once, and ends when it is up", async () => {
    const name = newName();
    const { code, stdout, stderr } = await vm("create", name, "--cpu", "0.5", "--memory", "512MiB", "--disk", "5GiB");
    expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^${name} is running on node-\\d\\n$`))]);
    const lines = stderr.trimEnd().split("\n");
    expect(lines.at(-1)).toBe(`create_vm [${"#".repeat(20)}] 8/8 done`);
    expect(new Set(lines).size).toBe(lines.length);
    const shown = await listed(name, "create_vm");
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

  it("recovers a VM that is in error", async () => {
    const broken = await created();
    await asOwner(
      fixture.product.urls.url("vms"),
      (sql) => sql`update vms set state = 'error', origin_state = null where name = ${broken}`,
    );
    expect(await printed("recover", broken)).toMatchObject({ state: "RUNNING", operation: { status: "DONE" } });
  });

  it("does nothing about a VM that is so already, and succeeds", async () => {
    const running = await created();
    expect(await printed("start", running)).toMatchObject({ state: "RUNNING", operation: null });
    expect((await vm("start", running)).stdout).toMatch(/ is running on node-\d already\n$/);
  });

  it("lists VMs by name, in the states that are given, each with the operation that works on it", async () => {
    const [one, other] = [await created(), await created()];
    await vm("stop", other);
    const names = async (...args: string[]) => (await printed<Printed[]>("list", ...args)).map((each) => each.name);
    expect(await names("--state", "running", "stopped")).toEqual(expect.arrayContaining([one, other]));
    expect(await names("--state", "running")).not.toContain(other);
    expect(await names()).toEqual((await names()).toSorted());
    await fixture.hypervisor.configure({ latencies: { reboot: [60_000, 60_000] } });
    const { operation } = await printed("reboot", one, "--no-wait");
    await until("the operation is listed", async () => {
      const found = (await printed<Printed[]>("list")).find((each) => each.name === one);
      return found?.operation?.id === operation?.id;
    });
    const { stdout } = await vm("list");
    expect(stdout.split("\n")[0]).toBe("NAME\tSTATE\tNODE\tCPU\tMEMORY\tDISK\tOPERATION\tID");
    expect(stdout).toMatch(new RegExp(`^${one}\tRUNNING\tnode-\\d\t0\\.5\t512 MiB\t20 GiB\treboot_vm\t`, "m"));
    expect((await vm("show", one)).stdout).toMatch(/^possible now {2}-$/m);
    await printed("cancel", operation?.id ?? "");
  });

  it("creates a VM of a template, with the template's size where no other is given", async () => {
    for (const [version, cpu] of [
      ["1", 250],
      ["2", 500],
    ] as const)
      await asOwner(
        fixture.product.urls.url("vms"),
        (sql) => sql`
          insert into vm_templates (id, name, version, owner_id, tenant_id, base_image, resource_config, is_public, created_at)
          values (${newId()}, 'small', ${version}, ${newId()}, ${demoTenantId}, 'debian-12', ${sql.json({ cpuMillicores: cpu, memoryMb: 512 })}, false,
            now() + ${version}::int * interval '1 second')`,
      );
    const sizeOf = async (...args: string[]) => {
      const { id } = await printed("create", newName(), ...args);
      const query = "query ($id: ID!) { vm(id: $id) { template { version } resources { cpuMillicores memoryBytes } } }";
      return (await fixture.product.ask(query, { id })).data.vm;
    };
    const memoryBytes = 512 * 2 ** 20;
    expect(await sizeOf("--template", "small")).toEqual({
      template: { version: "2" },
      resources: { cpuMillicores: 500, memoryBytes },
    });
    expect(await sizeOf("--template", "small:1", "--memory", "1GiB")).toEqual({
      template: { version: "1" },
      resources: { cpuMillicores: 250, memoryBytes: 2 * memoryBytes },
    });
    expect(await vm("create", newName(), "--template", "large")).toMatchObject({
      code: 1,
      stderr: "NOT_FOUND: There is no template large.\n",
    });
  });
});

describe("novacron vm fails", () => {
  it("with every error of the input, each with its code and field", async () => {
    const { code, stdout, stderr } = await vm("create", "_x", "--cpu", "0", "--disk", "1");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^NAME_INVALID: name: /),
      expect.stringMatching(/^SIZE_INVALID: resources\.cpuMillicores: /),
      expect.stringMatching(/^SIZE_INVALID: resources\.storageBytes: /),
    ]);
    const taken = await created();
    expect((await vm("create", taken)).stderr).toMatch(/^NAME_TAKEN: name: .+\n$/);
    expect((await vm("create", "x", "--memory", "4GB")).stderr).toMatch(/^USAGE: .*Write a size as 4GiB/);
  });

  it("with what is possible instead, where the state of the VM does not allow the action", async () => {
    const stopped = await created();
    await vm("stop", stopped);
    const { code, stderr } = await vm("pause", stopped);
    expect(code).toBe(1);
    expect(stderr).toBe(
      "ACTION_NOT_POSSIBLE: vmId: The VM is stopped: only one that is running can do this.\nPossible now: start, delete.\n",
    );
  });

  it("with the names that are similar, where there is no VM of the name", async () => {
    await printed("create", "database-01", "--cpu", "0.5", "--memory", "512MiB");
    for (const verb of ["show", "stop", "delete"]) {
      const similar = "NOT_FOUND: There is no VM database. There are database-01.\n";
      expect(await vm(verb, "database")).toMatchObject({ code: 1, stdout: "", stderr: similar });
      expect(await vm(verb, "nowhere")).toMatchObject({ code: 1, stderr: "NOT_FOUND: There is no VM nowhere.\n" });
    }
    const id = newId();
    expect((await vm("start", id)).stderr).toMatch(/^NOT_FOUND: /);
    expect((await vm("follow", id)).stderr).toMatch(/^NOT_FOUND: /);
    expect((await vm("cancel", "x")).stderr).toBe("NOT_FOUND: There is no operation x on a VM.\n");
  });

  it("with the reason and the VM as it is, where the operation was undone", async () => {
    const stubborn = await printed("create", newName(), "--cpu", "0.5", "--memory", "512MiB");
    await fixture.hypervisor.configure({ guests: { [stubborn.id]: { stopMs: 3_600_000 } } });
    const { code, stdout, stderr } = await vm("stop", stubborn.name, "--timeout", "1", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ state: "RUNNING", operation: { status: "COMPENSATED" } });
    expect(stderr).toMatch(
      new RegExp(`^GUEST_DID_NOT_STOP: .+ All of it was undone: ${stubborn.name} is running on node-\\d\\.\n$`),
    );
  });

  it("at once where nothing listens, and where there is no key", async () => {
    // Port 1 is one that fetch refuses itself; on port 9 of a test machine nothing listens.
    for (const url of ["http://127.0.0.1:1/graphql", "http://127.0.0.1:9/graphql"]) {
      const { code, stderr } = await novacronHere(["vm", "create", newName(), "--url", url], environment);
      expect([code, stderr]).toEqual([1, expect.stringMatching(`^UNREACHABLE: nothing answers at ${url}: .+\n$`)]);
    }
    const none = { NOVACRON_API_KEY: "", NOVACRON_DATA_DIR: fixture.hypervisor.folder };
    expect((await novacronHere(["vm", "list"], none)).stderr).toMatch(/^KEY_MISSING: /);
  });
});

describe("while an operation works on a VM", () => {
  it("another one is refused with the commands that follow it and cancel it, which they do", async () => {
    const busy = await created();
    await fixture.hypervisor.configure({ latencies: { reboot: [60_000, 60_000] } });
    const { code, stdout } = await vm("reboot", busy, "--no-wait");
    const [, id = ""] = /Follow it with `novacron vm follow (\S+) --url \S+`\.\n$/.exec(stdout) ?? [];
    expect([code, id]).toEqual([0, expect.stringMatching(/^.{36}$/)]);
    const refused = await vm("stop", busy);
    const [, follow = "", cancel = ""] =
      /^VM_BUSY: .+ Follow it with `novacron vm (.+)`, or cancel it with `novacron vm (.+)`\.\n$/.exec(
        refused.stderr,
      ) ?? [];
    expect(refused.code).toBe(1);
    expect(follow).toBe(`follow ${id} --url ${fixture.product.url}`);
    const followed = begin("follow", id);
    await until("it is followed", () => followed.output.stderr.includes("reboot_vm ["));
    const cancelled = await novacronHere(["vm", ...cancel.split(" ")], environment);
    expect([cancelled.code, cancelled.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^${busy} is running on node-\\d\n$`)),
    ]);
    expect(await followed.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/\nCANCELLED: .+\n$/) });
    expect((await vm("cancel", id)).stderr).toMatch(/^OPERATION_ENDED: /);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends the command with exit code 130, and not the operation",
    async (signal) => {
      const name = await created();
      await fixture.hypervisor.configure({ latencies: { reboot: [1_500, 1_500] } });
      const { child, output, ended } = begin("reboot", name);
      await until("the operation runs", () => output.stderr.includes("running reboot"));
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect([code, stdout]).toEqual([130, ""]);
      const [, id = ""] =
        /The operation continues\. Follow it with `novacron vm follow (\S+) --url \S+`\.\n$/.exec(stderr) ?? [];
      expect(await printed("follow", id)).toMatchObject({ name, state: "RUNNING", operation: { id, status: "DONE" } });
    },
  );

  it("a gateway that is away for a while is waited for", async () => {
    const name = await created();
    await fixture.hypervisor.configure({ latencies: { reboot: [1_500, 1_500] } });
    const { output, ended } = begin("reboot", name, "--json");
    await listed(name, "reboot_vm");
    await network.cut();
    await until("the outage is reported", () => output.stderr.includes(", retrying\n"));
    await network.mend();
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/connection restored\n$/)]);
    expect(JSON.parse(stdout)).toMatchObject({ name, state: "RUNNING", operation: { status: "DONE" } });
  });

  it("a request whose response was lost is executed once, and its operation is followed to the end", async () => {
    const name = newName();
    const held = network.hold();
    const { output, ended } = begin("create", name, "--cpu", "0.5", "--memory", "512MiB", "--json");
    await held;
    await until("the VM is created", async () => (await vm("show", name)).code === 0);
    await network.cut();
    await until("the outage is reported", () => output.stderr.includes(", retrying\n"));
    await network.mend();
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    const { id, state, operation } = JSON.parse(stdout) as Printed;
    expect(state).toBe("RUNNING");
    expect(await listed(name, "create_vm")).toMatchObject({ id, operation: { id: operation?.id } });
  });
});
