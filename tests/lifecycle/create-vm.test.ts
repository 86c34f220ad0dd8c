import { expect, it } from "vitest";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { until } from "#tests/events/until.ts";
import { asOwner } from "#tests/harness/server.ts";
import { lifecycleFixture, newName, small } from "./fixture.ts";

const fixture = lifecycleFixture();

it("a VM is in CREATING at once, and its operation brings it up on a node with its claim", async () => {
  const { vm, operation, userErrors } = await fixture.mutate("createVm", { name: newName(), resources: small });
  expect(userErrors).toEqual([]);
  expect(vm?.state).toBe("CREATING");
  const { state, steps, error } = await fixture.ended(operation?.id);
  expect({ state, error }).toEqual({ state: "DONE", error: null });
  expect(steps.map(({ name }) => name)).toEqual([
    "take_vm_slot",
    "insert",
    "place",
    "record_node",
    "start",
    "activate_claim",
    "record_state",
    "release_vm_slot",
  ]);
  const id = vm?.id ?? "";
  const view = await fixture.vm(id);
  expect(view.state).toBe("RUNNING");
  const nodeId = view.node?.id;
  expect(await fixture.claims(id)).toEqual([{ node_id: nodeId, status: "active" }]);
  const machines = await fixture.hypervisor.client.list(AbortSignal.timeout(5_000));
  expect(machines.filter((machine) => machine.vmId === id)).toMatchObject([{ nodeId, state: "running" }]);
  expect(view.transitions.nodes).toEqual([
    { fromState: "CREATING", toState: "RUNNING", operation: { id: operation?.id } },
    { fromState: null, toState: "CREATING", operation: { id: operation?.id } },
  ]);
});

it("a node that refuses the machine is left out, and another one gets it", async () => {
  const [first, second, third] = fixture.nodes;
  await fixture.hypervisor.configure({
    nodes: { [first?.id ?? ""]: { refuses: true }, [second?.id ?? ""]: { refuses: true } },
  });
  const id = await fixture.created();
  expect((await fixture.vm(id)).node?.id).toBe(third?.id);
  expect(await fixture.claims(id)).toEqual([{ node_id: third?.id, status: "active" }]);
  await fixture.hypervisor.configure({ nodes: {} });
});

const remains = async (vmId: string) => ({
  state: (await fixture.vm(vmId)).state,
  claims: await fixture.claims(vmId),
  machines: (await fixture.hypervisor.client.list(AbortSignal.timeout(5_000))).filter((each) => each.vmId === vmId),
});

const cancel = (operationId: string | undefined) =>
  fixture.product.ask("mutation ($id: ID!) { cancelOperation(input: { id: $id }) { operation { id } } }", {
    id: operationId,
  });

it("case L1: a creation that is cancelled while its machine starts is undone: no machine, no claim, the VM is deleted, and its name is free", async () => {
  const name = newName();
  await fixture.hypervisor.configure({ latencies: { start: [60_000, 60_000] } });
  const { vm, operation } = await fixture.mutate("createVm", { name, resources: small });
  await until("the machine is there", async () => (await remains(vm?.id ?? "")).machines.length > 0);
  await cancel(operation?.id);
  const { state, error } = await fixture.ended(operation?.id);
  expect({ state, code: error?.code }).toEqual({ state: "COMPENSATED", code: "CANCELLED" });
  expect(await remains(vm?.id ?? "")).toEqual({ state: "DELETED", claims: [], machines: [] });
  await fixture.hypervisor.configure({});
  await fixture.created({ name });
});

it("case L1: a machine whose creation was confirmed by no answer is removed when the creation is undone", async () => {
  await fixture.hypervisor.configure({ faults: { lost_answer: 1 } });
  const { vm, operation } = await fixture.mutate("createVm", { name: newName(), resources: small });
  // Every answer is lost from now on: the first attempt has made the machine all the same.
  await until("the machine is there", async () => (await remains(vm?.id ?? "")).machines.length > 0);
  await cancel(operation?.id);
  await fixture.hypervisor.configure({});
  expect((await fixture.ended(operation?.id)).state).toBe("COMPENSATED");
  expect(await remains(vm?.id ?? "")).toEqual({ state: "DELETED", claims: [], machines: [] });
});

it("case P8: when every node refuses, the error has each node's reason, and nothing is left", async () => {
  await fixture.hypervisor.configure({
    nodes: Object.fromEntries(fixture.nodes.map(({ id }) => [id, { refuses: true }])),
  });
  const { vm, operation } = await fixture.mutate("createVm", { name: newName(), resources: small });
  const { state, error } = await fixture.ended(operation?.id);
  await fixture.hypervisor.configure({});
  expect({ state, code: error?.code }).toEqual({ state: "COMPENSATED", code: "NO_CAPACITY" });
  for (const { name } of fixture.nodes) expect(error?.message).toContain(`${name} refused`);
  expect(await remains(vm?.id ?? "")).toEqual({ state: "DELETED", claims: [], machines: [] });
  const decisions = await asOwner(
    fixture.product.urls.url("scheduler"),
    (sql) => sql`select selected_node_id from scheduling_decisions where vm_id = ${vm?.id ?? ""}`,
  );
  expect(decisions.length).toBe(3);
});

it("a VM that fits on no node ends deleted, and the error counts the reasons and has the nearest miss", async () => {
  const resources = { ...small, memoryBytes: 1_024 * 2 ** 30 };
  const { operation } = await fixture.mutate("createVm", { name: newName(), resources });
  const { state, error } = await fixture.ended(operation?.id);
  expect({ state, code: error?.code }).toEqual({ state: "COMPENSATED", code: "NO_CAPACITY" });
  expect(error?.message).toMatch(/memory/);
});

it("a quota holds for 64 callers at once, and the refusal states what is allowed", async () => {
  const { url } = fixture.product.urls;
  await asOwner(
    url("auth"),
    (sql) => sql`insert into tenants (id, name) values (${demoTenantId}, 'demo') on conflict do nothing`,
  );
  const limit = async (most: number | null) =>
    asOwner(
      url("auth"),
      (sql) =>
        sql`insert into tenant_quotas (tenant_id, max_vm_count) values (${demoTenantId}, ${most}) on conflict (tenant_id) do update set max_vm_count = ${most}`,
    );
  const [usage] = await asOwner(
    url("vms"),
    (sql) => sql`select vm_count from vm_usage where tenant_id = ${demoTenantId}`,
  );
  const used = Number(usage?.["vm_count"]);
  await limit(used + 5);
  const answers = await Promise.all(
    Array.from({ length: 64 }, () => fixture.mutate("createVm", { name: newName(), resources: small, start: false })),
  );
  const refusals = answers.flatMap(({ userErrors }) => userErrors);
  expect(refusals.length).toBe(59);
  for (const { code, message } of refusals) {
    expect(code).toBe("QUOTA_EXCEEDED");
    expect(message).toContain(`The tenant may have ${used + 5} VMs`);
  }
  for (const { operation } of answers) if (operation) await fixture.ended(operation.id);
  await limit(null);
});

it.each([
  ["a name that is taken by nothing valid", { name: " " }, "NAME_INVALID", ["name"]],
  ["neither template nor resources", { resources: undefined }, "RESOURCES_MISSING", ["resources"]],
  ["an unknown template", { templateId: crypto.randomUUID() }, "TEMPLATE_UNKNOWN", ["templateId"]],
  ["no processor", { resources: { ...small, cpuMillicores: 0 } }, "SIZE_INVALID", ["resources", "cpuMillicores"]],
  ["negative memory", { resources: { ...small, memoryBytes: -1 } }, "SIZE_INVALID", ["resources", "memoryBytes"]],
  [
    "an exabyte of disk",
    { resources: { ...small, storageBytes: 2 ** 52 } },
    "SIZE_INVALID",
    ["resources", "storageBytes"],
  ],
  ["a tag without a name", { tags: [{ key: "", value: "x" }] }, "TAG_INVALID", ["tags", "0", "key"]],
])("%s is refused with its field, and nothing is written", async (_what, more, code, field) => {
  const answer = await fixture.mutate("createVm", { name: newName(), resources: small, ...more });
  expect(answer).toMatchObject({ vm: null, operation: null, userErrors: [{ code, field }] });
});

it("a dry run creates nothing, and finds what is wrong all the same", async () => {
  const name = newName();
  expect(await fixture.mutate("createVm", { name, resources: small, dryRun: true })).toEqual({
    vm: null,
    operation: null,
    userErrors: [],
  });
  await fixture.created({ name });
  expect((await fixture.mutate("createVm", { name, resources: small, dryRun: true })).userErrors).toMatchObject([
    { code: "NAME_TAKEN" },
  ]);
});

it("case L9: the same key creates one VM, and another input with it is refused while the first goes on", async () => {
  const input = { name: newName(), resources: small, idempotencyKey: crypto.randomUUID() };
  const answers = await Promise.all(Array.from({ length: 8 }, () => fixture.mutate("createVm", input)));
  const created = answers.filter(({ vm }) => vm);
  expect(new Set(created.map(({ vm }) => vm?.id)).size).toBe(1);
  const codes = new Set(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code)));
  expect([...codes].filter((code) => code !== "IDEMPOTENCY_IN_PROGRESS")).toEqual([]);
  expect((await fixture.mutate("createVm", { ...input, start: false })).userErrors).toMatchObject([
    { code: "IDEMPOTENCY_CONFLICT" },
  ]);
  const operation = created[0]?.operation?.id;
  expect((await fixture.ended(operation)).state).toBe("DONE");
  expect(await fixture.mutate("createVm", input)).toMatchObject({
    vm: { id: created[0]?.vm?.id },
    operation: { id: operation },
  });
});
