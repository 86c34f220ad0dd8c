import { expect, it } from "vitest";
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
