import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "#lib/uuid.ts";
import type { Hypervisor, HypervisorErrorCode, MachineCall, MachineSpec, MachineState } from "#hypervisors/port.ts";

/** A hypervisor on which the contract is tried. */
export interface ContractSubject {
  hypervisor: Hypervisor;
  /** Two nodes between which machines can move. */
  nodes: readonly [string, string];
  /** Kills the hypervisor's process, and resolves when another one serves its machines. Undefined where machines do not outlive it. */
  restart: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
}

const spec: MachineSpec = {
  name: "web-1",
  cpuMillicores: 1_000,
  memoryMb: 128,
  disks: [{ name: "root", sizeGb: 1 }],
  interfaces: [{ name: "eth0", network: "default", macAddress: "02:00:00:00:00:01" }],
};

const never = new AbortController().signal;

const refused = (code: HypervisorErrorCode) => expect.objectContaining({ name: "HypervisorError", code });

/** Tries what `Hypervisor` promises on any driver. */
export function hypervisorContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`the contract of hypervisors: ${name}`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject?.stop());

    /** A VM, and an operation of its own for each call unless one is given. */
    const newVm = (nodeId = subject.nodes[0]) => {
      const vmId = newId();
      const call = (step: string, given: Partial<MachineCall["fence"]> & { nodeId?: string } = {}): MachineCall => ({
        nodeId: given.nodeId ?? nodeId,
        vmId,
        step,
        fence: { operationId: given.operationId ?? newId(), token: given.token ?? 1 },
        signal: never,
      });
      const state = async (at = nodeId): Promise<MachineState> =>
        (await subject.hypervisor.stats({ nodeId: at, vmId, signal: never })).state;
      return { vmId, call, state };
    };
    const inState = async (state: "stopped" | "running" | "paused" | "suspended") => {
      const vm = newVm();
      const { hypervisor } = subject;
      await hypervisor.create(vm.call("create"), spec);
      if (state !== "stopped") await hypervisor.start(vm.call("start"));
      if (state === "paused") await hypervisor.pause(vm.call("pause"));
      if (state === "suspended") await hypervisor.suspend(vm.call("suspend"));
      expect(await vm.state()).toBe(state);
      return vm;
    };
    const forced = { forced: true } as const;

    it("a new machine is stopped, and its node alone lists it", async () => {
      const { vmId } = await inState("stopped");
      const listed = (await subject.hypervisor.list(never)).filter((machine) => machine.vmId === vmId);
      expect(listed).toMatchObject([{ nodeId: subject.nodes[0], vmId, state: "stopped", snapshotIds: [] }]);
    });

    it("a machine is started, paused, resumed, suspended, resumed, rebooted, stopped and destroyed", async () => {
      const { hypervisor } = subject;
      const { call, state } = await inState("running");
      await hypervisor.pause(call("pause"));
      expect(await state()).toBe("paused");
      await hypervisor.resume(call("resume"));
      expect(await state()).toBe("running");
      await hypervisor.suspend(call("suspend"));
      expect(await state()).toBe("suspended");
      await hypervisor.resume(call("resume"));
      await hypervisor.reboot(call("reboot"));
      expect(await state()).toBe("running");
      expect(await hypervisor.stop(call("stop"), forced)).toBe(true);
      expect(await state()).toBe("stopped");
      await hypervisor.destroy(call("destroy"));
      expect(await state()).toBe("absent");
    });

    it("what is so already succeeds", async () => {
      const { hypervisor } = subject;
      const { call, state } = await inState("running");
      await hypervisor.create(call("create"), spec);
      await hypervisor.start(call("start"));
      await hypervisor.resume(call("resume"));
      await hypervisor.suspend(call("suspend"));
      await hypervisor.suspend(call("suspend"));
      expect(await hypervisor.stop(call("stop"), forced)).toBe(true);
      expect(await hypervisor.stop(call("stop"), forced)).toBe(true);
      expect(await state()).toBe("stopped");
    });

    it("case L7: what undoes succeeds on a machine that is gone", async () => {
      const { hypervisor } = subject;
      const { call, state } = newVm();
      expect(await hypervisor.stop(call("stop"), forced)).toBe(true);
      expect(await hypervisor.stop(call("stop"), { forced: false, withinMs: 10_000 })).toBe(true);
      await hypervisor.detachInterface(call("detach"), "eth0");
      await hypervisor.deleteSnapshot(call("delete"), newId());
      await hypervisor.destroy(call("destroy"));
      expect(await state()).toBe("absent");
    });

    it("a graceful stop resolves to whether the machine has stopped", async () => {
      const { call, state } = await inState("running");
      const hasStopped = await subject.hypervisor.stop(call("stop"), { forced: false, withinMs: 10_000 });
      expect(await state()).toBe(hasStopped ? "stopped" : "running");
    });

    it("only a call without a usable response is worth another attempt", async () => {
      const { hypervisor, nodes } = subject;
      const { call } = newVm();
      await expect(hypervisor.start(call("start"))).rejects.toMatchObject({ isFinal: true });
      const ended = { ...call("start"), nodeId: nodes[0], signal: AbortSignal.abort() };
      await expect(hypervisor.start(ended)).rejects.toMatchObject({ isFinal: false });
    });

    it("what needs a machine is refused where there is none", async () => {
      const { hypervisor } = subject;
      const { vmId, call } = newVm();
      const missing = refused("MACHINE_NOT_FOUND");
      await expect(hypervisor.start(call("start"))).rejects.toEqual(missing);
      await expect(hypervisor.reboot(call("reboot"))).rejects.toEqual(missing);
      await expect(hypervisor.createSnapshot(call("snapshot"), newId())).rejects.toEqual(missing);
      await expect(hypervisor.migrate(call("migrate"), subject.nodes[1])).rejects.toEqual(missing);
      await expect(hypervisor.consoleAddress({ nodeId: subject.nodes[0], vmId, signal: never })).rejects.toEqual(
        missing,
      );
    });

    it.each([
      ["stopped", ["pause", "resume", "suspend", "reboot"]],
      ["paused", ["start", "reboot"]],
      ["suspended", ["start", "pause", "reboot"]],
    ] as const)("a %s machine refuses %j, and stays as it is", async (from, methods) => {
      const { call, state } = await inState(from);
      for (const method of methods)
        await expect(subject.hypervisor[method](call(method))).rejects.toEqual(refused("HYPERVISOR_UNSUPPORTED"));
      expect(await state()).toBe(from);
    });

    it("a node refuses another machine for a VM that it has one of", async () => {
      const { call } = await inState("stopped");
      const other = { ...spec, memoryMb: 256 };
      await expect(subject.hypervisor.create(call("create"), other)).rejects.toEqual(refused("HYPERVISOR_UNSUPPORTED"));
    });

    it("a call is repeated without a second effect, with whatever token", async () => {
      const { hypervisor } = subject;
      const { call, state } = await inState("stopped");
      const operationId = newId();
      await hypervisor.start(call("start", { operationId }));
      await hypervisor.stop(call("stop"), forced);
      await hypervisor.start(call("start", { operationId, token: 7 }));
      expect(await state()).toBe("stopped");
    });

    it("an undo may have the name of the step that it undoes", async () => {
      const { hypervisor } = subject;
      const { call, state } = newVm();
      const operationId = newId();
      await hypervisor.create(call("provision", { operationId }), spec);
      await hypervisor.destroy(call("provision", { operationId, token: 2 }));
      expect(await state()).toBe("absent");
    });

    it("a lower token of an operation is refused, by its nodes together, and has no effect", async () => {
      const { hypervisor, nodes } = subject;
      const { call, state } = newVm();
      const operationId = newId();
      await hypervisor.destroy(call("undo", { operationId, token: 3 }));
      const late = call("provision", { operationId, token: 2, nodeId: nodes[1] });
      await expect(hypervisor.create(late, spec)).rejects.toEqual(refused("FENCING_TOKEN_OUTDATED"));
      expect(await state(nodes[1])).toBe("absent");
      await hypervisor.create(call("other", { token: 1 }), spec);
      expect(await state()).toBe("stopped");
    });

    it("a stopped machine gets other amounts and disks, and no disk shrinks", async () => {
      const { hypervisor } = subject;
      const { call } = await inState("stopped");
      const disks = [...spec.disks, { name: "data", sizeGb: 2 }];
      await hypervisor.resize(call("resize"), { cpuMillicores: 2_000, memoryMb: 256, disks });
      await hypervisor.resize(call("resize"), { cpuMillicores: 1_000, memoryMb: 128, disks: spec.disks });
      await hypervisor.resize(call("grow"), { ...spec, disks: [{ name: "root", sizeGb: 3 }] });
      const shrunk = { ...spec, disks: [{ name: "root", sizeGb: 2 }] };
      await expect(hypervisor.resize(call("shrink"), shrunk)).rejects.toEqual(refused("HYPERVISOR_UNSUPPORTED"));
    });

    it("interfaces are attached and detached, once each", async () => {
      const { hypervisor } = subject;
      const { call } = await inState("stopped");
      const added = { name: "eth1", network: "default", macAddress: "02:00:00:00:00:02" };
      await hypervisor.attachInterface(call("attach"), added);
      await hypervisor.attachInterface(call("attach"), added);
      const other = { ...added, macAddress: "02:00:00:00:00:03" };
      await expect(hypervisor.attachInterface(call("attach"), other)).rejects.toEqual(
        refused("HYPERVISOR_UNSUPPORTED"),
      );
      await hypervisor.detachInterface(call("detach"), "eth1");
      await hypervisor.attachInterface(call("attach"), other);
    });

    it("snapshots are stored, listed, reverted to and deleted", async () => {
      const { hypervisor } = subject;
      const { vmId, call } = await inState("stopped");
      const snapshotId = newId();
      const stored = await hypervisor.createSnapshot(call("snapshot"), snapshotId);
      expect(stored.storagePath).not.toBe("");
      expect(stored.sizeBytes).toBeGreaterThan(0);
      expect(await hypervisor.createSnapshot(call("snapshot"), snapshotId)).toEqual(stored);
      const listed = async () => (await hypervisor.list(never)).find((machine) => machine.vmId === vmId);
      expect((await listed())?.snapshotIds).toEqual([snapshotId]);
      await hypervisor.revertToSnapshot(call("revert"), snapshotId);
      await hypervisor.deleteSnapshot(call("delete"), snapshotId);
      expect((await listed())?.snapshotIds).toEqual([]);
      await expect(hypervisor.revertToSnapshot(call("revert"), snapshotId)).rejects.toEqual(
        refused("SNAPSHOT_NOT_FOUND"),
      );
    });

    it.each(["running", "stopped"] as const)("a %s machine moves, and its source has none of it", async (from) => {
      const { hypervisor, nodes } = subject;
      const { vmId, call, state } = await inState(from);
      const operationId = newId();
      await hypervisor.migrate(call("migrate", { operationId }), nodes[1]);
      await hypervisor.migrate(call("migrate", { operationId, token: 2 }), nodes[1]);
      await hypervisor.migrate(call("again"), nodes[1]);
      expect([await state(nodes[0]), await state(nodes[1])]).toEqual(["absent", from]);
      expect((await hypervisor.list(never)).filter((machine) => machine.vmId === vmId)).toHaveLength(1);
    });

    it("a running machine has a console and uses memory", async () => {
      const { vmId } = await inState("running");
      const place = { nodeId: subject.nodes[0], vmId, signal: never };
      expect(await subject.hypervisor.consoleAddress(place)).toMatch(/^\w+:\/\//);
      expect((await subject.hypervisor.stats(place)).memoryUsedMb).toBeGreaterThan(0);
    });

    it("a caller that no longer waits receives HYPERVISOR_UNAVAILABLE", async () => {
      const { call } = await inState("stopped");
      const ended = { ...call("start"), signal: AbortSignal.abort() };
      await expect(subject.hypervisor.start(ended)).rejects.toEqual(refused("HYPERVISOR_UNAVAILABLE"));
    });

    it("machines, results and tokens outlive the hypervisor's process", async ({ skip }) => {
      const { hypervisor, restart } = subject;
      skip(!restart, "machines do not outlive it");
      const { call, state } = await inState("suspended");
      const operationId = newId();
      const resume = call("resume", { operationId, token: 5 });
      await hypervisor.resume(resume);
      await restart?.();
      expect(await state()).toBe("running");
      await hypervisor.stop(call("stop"), forced);
      await hypervisor.resume(resume);
      expect(await state()).toBe("stopped");
      const late = call("start", { operationId, token: 4 });
      await expect(hypervisor.start(late)).rejects.toEqual(refused("FENCING_TOKEN_OUTDATED"));
    });
  });
}
