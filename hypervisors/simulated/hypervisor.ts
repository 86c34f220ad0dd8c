import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ListedMachine, MachineStats } from "../port.ts";
import { type Machine, machineAt, statsOf } from "./machine.ts";
import type { Call, CallOf, Place, Refusal, Result } from "./protocol.ts";
import { seededRandom } from "#lib/seeded-random.ts";
import type { FaultKind, Settings } from "./settings.ts";
import type { Store } from "./store.ts";
import { type Outcome, transition } from "./transitions.ts";
import { machineKey, placeOfKey } from "./world.ts";

/** What the caller of a call receives. `lost`: its connection is cut. */
export type Response = { result: Result } | { refused: Refusal } | { lost: true };

const refusedBy = (code: Refusal["code"], message: string): { refused: Refusal } => ({ refused: { code, message } });
const outdated = refusedBy("FENCING_TOKEN_OUTDATED", "A call with a higher token was made for this operation.");
const unreachable = refusedBy("HYPERVISOR_UNAVAILABLE", "The node does not respond.");
const nodeRefuses = refusedBy("NODE_REFUSED", "The node accepts no machine.");

/** Two calls are the same when all but their tokens are. */
function digestOf({ token: _token, operationId: _operation, ...call }: Call): string {
  return createHash("sha256").update(JSON.stringify(call)).digest("base64url").slice(0, 22);
}

/** Returns the node on which a call makes a machine. */
function targetOf(call: Call): string | undefined {
  if (call.method === "create") return call.nodeId;
  return call.method === "migrate" ? call.destinationNodeId : undefined;
}

/** The hypervisors of all nodes: decides about calls, and commits their effects to the store. */
export class SimulatedHypervisor {
  readonly #store: Store;
  readonly #now: () => number;
  #random: () => number;

  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
    this.#random = seededRandom(store.world.settings.seed);
  }

  get settings(): Settings {
    return this.#store.world.settings;
  }

  async configure(settings: Settings): Promise<void> {
    this.#random = seededRandom(settings.seed);
    this.#store.commit({ settings });
    await this.#store.durable();
  }

  /** Resolves when the effect, and all that the response shows, is on the disk. */
  async call(call: Call): Promise<Response> {
    const response = await this.#respond(call);
    await this.#store.durable();
    return response;
  }

  async stats({ nodeId, vmId }: Place): Promise<{ result: MachineStats } | { refused: Refusal }> {
    if (await this.#isUnreachable(nodeId)) return unreachable;
    const stats = statsOf(this.#machine(nodeId, vmId), this.#now());
    await this.#store.durable();
    return { result: stats };
  }

  async consoleAddress({ nodeId, vmId }: Place): Promise<{ result: string } | { refused: Refusal }> {
    if (await this.#isUnreachable(nodeId)) return unreachable;
    const machine = this.#machine(nodeId, vmId);
    await this.#store.durable();
    if (!machine) return refusedBy("MACHINE_NOT_FOUND", "The node has no machine of this VM.");
    if (machine.state !== "running") return refusedBy("HYPERVISOR_UNSUPPORTED", `The machine is ${machine.state}.`);
    return { result: `vnc://${nodeId}.simulated/${vmId}` };
  }

  async list(): Promise<(ListedMachine & { effects: number })[]> {
    const now = this.#now();
    const listed = [...this.#store.world.machines].map(([key, stored]) => {
      const [nodeId, vmId] = placeOfKey(key);
      const { state, effects, snapshots } = machineAt(stored, now);
      return { nodeId, vmId, state, effects, snapshotIds: Object.keys(snapshots) };
    });
    await this.#store.durable();
    return listed;
  }

  async #respond(call: Call): Promise<Response> {
    const digest = digestOf(call);
    const early = this.#admit(call, digest);
    if (early) return early;
    const fault = this.#fault(call);
    if (fault === "lost_request") return { lost: true };
    await this.#pass(this.#latency(call));
    if (this.settings.nodes[call.nodeId]?.isDead) return unreachable;
    if (fault === "error") return refusedBy("HYPERVISOR_UNAVAILABLE", "The hypervisor failed.");
    const response = await this.#perform(call, digest, fault);
    if (fault !== "lost_answer") return response;
    await this.#store.durable();
    return { lost: true };
  }

  /** Returns the response of a call that has no effect any more, and keeps the token of one that may have. */
  #admit({ operationId, token }: Call, digest: string): Response | undefined {
    const known = this.#store.world.operations.get(operationId);
    if (known && token < known.token) return outdated;
    if (!known || token > known.token) this.#store.commit({ operation: { id: operationId, token } });
    const result = known?.results.get(digest);
    return result === undefined ? undefined : { result };
  }

  async #perform(call: Call, digest: string, fault: FaultKind | undefined): Promise<Response> {
    // Meanwhile the same call may have had its effect, or the operation a higher token.
    const early = this.#admit(call, digest);
    if (early) return early;
    const target = targetOf(call);
    const node = target === undefined ? undefined : this.settings.nodes[target];
    const isRefused = fault === "refusal" || node?.refuses || node?.isDead;
    if (target !== undefined && isRefused && !this.#machine(target, call.vmId)) return nodeRefuses;
    if (call.method === "migrate") return this.#migrate(call, digest);
    if (call.method === "stop" && !call.how.forced) return this.#stopGuest(call, call.how.withinMs, digest);
    return this.#commit(call, digest, transition(this.#machine(call.nodeId, call.vmId), call, this.#now()));
  }

  #migrate(call: CallOf<"migrate">, digest: string): Response {
    const { nodeId, vmId, destinationNodeId } = call;
    const there = this.#machine(destinationNodeId, vmId);
    const here = this.#machine(nodeId, vmId);
    if (there && (!here || nodeId === destinationNodeId)) return this.#commit(call, digest, { result: null });
    if (there) return refusedBy("NODE_REFUSED", "The destination already has a machine of this VM.");
    const outcome = transition(here, call, this.#now());
    return this.#commit(call, digest, outcome, { [machineKey(nodeId, vmId)]: null }, destinationNodeId);
  }

  /** The request to the guest is durable: it stops at its time also when this process is killed, or its caller no longer waits. */
  async #stopGuest(call: CallOf<"stop">, withinMs: number, digest: string): Promise<Response> {
    const endsAt = this.#now() + withinMs;
    const running = this.#machine(call.nodeId, call.vmId);
    if (running?.state === "running") {
      const stopsAt = running.stopsAt ?? this.#now() + this.#guestStopMs(call.vmId);
      if (running.stopsAt === undefined) this.#assign(call.nodeId, call.vmId, { ...running, stopsAt });
      await this.#pass(Math.min(stopsAt, endsAt) - this.#now());
      const early = this.#admit(call, digest);
      if (early) return early;
    }
    const machine = this.#machine(call.nodeId, call.vmId);
    const outcome = transition(machine, call, this.#now());
    // A stop without success is no result: the next attempt of the step finds the machine stopped, or waits for it again.
    if ("result" in outcome && outcome.result === false) return outcome;
    return this.#commit(call, digest, outcome);
  }

  #commit(
    { operationId, token, nodeId, vmId }: Call,
    digest: string,
    outcome: Outcome,
    more: Record<string, Machine | null> = {},
    at = nodeId,
  ): Response {
    if ("refused" in outcome) return outcome;
    const { result, machine } = outcome;
    const changed = machine === undefined ? {} : { ...more, [machineKey(at, vmId)]: withEffect(machine) };
    this.#store.commit({
      operation: { id: operationId, token, results: { [digest]: result } },
      ...(machine === undefined ? {} : { machines: changed }),
    });
    return { result };
  }

  #assign(nodeId: string, vmId: string, machine: Machine): void {
    this.#store.commit({ machines: { [machineKey(nodeId, vmId)]: machine } });
  }

  #machine(nodeId: string, vmId: string): Machine | undefined {
    const stored = this.#store.world.machines.get(machineKey(nodeId, vmId));
    return stored && machineAt(stored, this.#now());
  }

  async #isUnreachable(nodeId: string): Promise<boolean> {
    await this.#pass(this.settings.nodes[nodeId]?.slowMs ?? 0);
    return this.settings.nodes[nodeId]?.isDead ?? false;
  }

  #latency({ method, nodeId }: Call): number {
    return this.#between(this.settings.latencies[method] ?? [0, 0]) + (this.settings.nodes[nodeId]?.slowMs ?? 0);
  }

  #guestStopMs(vmId: string): number {
    return this.settings.guests[vmId]?.stopMs ?? this.#between(this.settings.guestStopMs);
  }

  #between([least, most]: readonly [number, number]): number {
    return most <= 0 ? 0 : least + this.#random() * Math.max(0, most - least);
  }

  async #pass(ms: number): Promise<void> {
    // A timer may be a millisecond early.
    if (ms > 0) await delay(Math.ceil(ms) + 1);
  }

  /** Returns the fault of a call: the first planned one that fits, or one by chance. */
  #fault({ method, nodeId, vmId }: Call): FaultKind | undefined {
    const { planned, faults } = this.settings;
    const next = planned.find(
      (each) =>
        (each.method ?? method) === method && (each.nodeId ?? nodeId) === nodeId && (each.vmId ?? vmId) === vmId,
    );
    if (next) {
      const rest = planned.flatMap((each) => {
        if (each !== next) return [each];
        return each.times > 1 ? [{ ...each, times: each.times - 1 }] : [];
      });
      this.#store.commit({ settings: { ...this.settings, planned: rest } });
      return next.fault;
    }
    for (const [fault, probability] of Object.entries(faults) as [FaultKind, number][])
      if (probability > 0 && this.#random() < probability) return fault;
    return undefined;
  }
}

const withEffect = (machine: Machine | null): Machine | null => machine && { ...machine, effects: machine.effects + 1 };
