import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownIdentity } from "#lib/process/process-identity.ts";
import type { Machine } from "./machine.ts";
import { Store, type StoreOptions } from "./store.ts";

const ended = { pid: 0, startedAt: "long ago" };
const machine = (effects: number): Machine => ({
  spec: { name: "web-1", cpuMillicores: 1_000, memoryMb: 128, disks: [], interfaces: [] },
  state: "stopped",
  effects,
  cpuTimeMs: 0,
  snapshots: {},
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "novacron-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Opens the store as a process that has ended by the time of the next opening. */
const opened = (options: StoreOptions = {}, at = folder) => Store.open(at, { owner: ended, ...options });
const journal = () =>
  join(
    folder,
    readdirSync(folder)
      .filter((name) => name.startsWith("journal"))
      .toSorted()
      .at(-1) ?? "",
  );
const stateOf = ({ world }: Store) => ({
  machines: Object.fromEntries(world.machines),
  operations: Object.fromEntries(
    [...world.operations].map(([id, { token, results }]) => [id, { token, results: Object.fromEntries(results) }]),
  ),
});

describe("the store of the simulated hypervisor", () => {
  it("has every change that was durable when it is opened again", async () => {
    const store = await opened();
    store.commit({ machines: { one: machine(1), two: machine(1) } });
    store.commit({ operation: { id: "op", token: 3, results: { digest: true } } });
    store.commit({ machines: { two: null } });
    await store.durable();
    const before = stateOf(store);
    expect(before).toEqual({
      machines: { one: machine(1) },
      operations: { op: { token: 3, results: { digest: true } } },
    });
    const again = await opened();
    expect(stateOf(again)).toEqual(before);
    await Promise.all([store.close(), again.close()]);
  });

  it("drops the incomplete last line of a killed process, wherever it was cut", async () => {
    const store = await opened();
    for (let effects = 1; effects <= 3; effects++) store.commit({ machines: { one: machine(effects) } });
    await store.close();
    const text = readFileSync(journal(), "utf8");
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
    for (let size = ends[0] ?? 0; size <= text.length; size += 23) {
      const copy = mkdtempSync(join(tmpdir(), "novacron-torn-"));
      cpSync(folder, copy, { recursive: true });
      truncateSync(join(copy, readdirSync(copy)[0] ?? ""), size);
      const torn = await opened({}, copy);
      // A line that lacks only its line break is whole.
      const whole = ends.filter((end) => end <= size).length - 1;
      expect(torn.world.machines.get("one")?.effects).toBe(whole === 0 ? undefined : whole);
      await torn.close();
      rmSync(copy, { recursive: true });
    }
  });

  it("is refused when a line in the middle cannot be read, and when its format is unknown", async () => {
    const store = await opened();
    store.commit({ machines: { one: machine(1) } });
    await store.close();
    const text = readFileSync(journal(), "utf8");
    appendFileSync(journal(), '{"at":1,"mach\n{"at":2}\n');
    await expect(opened()).rejects.toMatchObject({ code: "STORE_DAMAGED", message: expect.stringContaining(":3 ") });
    writeFileSync(journal(), text.replace('"format":1', '"format":2'));
    await expect(opened()).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  });

  it("is open in one process at a time, also when several open it at once", async () => {
    const store = await Store.open(folder);
    await expect(Store.open(folder)).rejects.toMatchObject({ code: "STORE_IN_USE" });
    await store.close();
    const other = mkdtempSync(join(tmpdir(), "novacron-store-"));
    const at = await Promise.allSettled(Array.from({ length: 8 }, () => Store.open(other, { owner: ownIdentity() })));
    const winners = at.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(winners).toHaveLength(1);
    await winners[0]?.close();
    rmSync(other, { recursive: true });
  });

  it("replaces its journal by a snapshot while changes continue, and loses none", async () => {
    const store = await opened({ compactAt: 20_000 });
    for (let round = 1; round <= 60; round++) {
      for (let at = 0; at < 20; at++) {
        store.commit({
          machines: { [`machine-${at}`]: machine(round) },
          operation: { id: `operation-${round % 30}`, token: round, results: { [`digest-${at}`]: at % 2 === 0 } },
        });
      }
      await store.durable();
    }
    const before = stateOf(store);
    await store.close();
    expect(readdirSync(folder).filter((name) => name.startsWith("journal")).length).toBeLessThanOrEqual(2);
    const again = await opened();
    expect(again.world.machines.size).toBe(20);
    expect(stateOf(again)).toEqual(before);
    await again.close();
  });

  it("forgets operations after a time, and the oldest when there are too many", async () => {
    let now = 1_000;
    const options = { now: () => now, retention: { ms: 500, operations: 3 } };
    const store = await opened(options);
    const call = (id: string) => store.commit({ operation: { id, token: 1 } });
    const known = () => [...store.world.operations.keys()];
    for (const id of ["a", "b", "c"]) call(id);
    call("a");
    call("d");
    expect(known()).toEqual(["c", "a", "d"]);
    now += 500;
    call("e");
    expect(known()).toEqual(["e"]);
    await store.close();
    const again = await opened(options);
    expect([...again.world.operations.keys()]).toEqual(["e"]);
    await again.close();
  });

  it("reports a disk that cannot be written to all that wait for it, and writes nothing after the gap", async () => {
    const store = await opened();
    await store.close();
    store.commit({ machines: { one: machine(1) } });
    const waiting = store.durable();
    store.commit({ machines: { one: machine(2) } });
    const failure = expect.objectContaining({ message: expect.stringContaining("file closed") });
    await expect(waiting).rejects.toEqual(failure);
    await expect(store.durable()).rejects.toEqual(failure);
    store.commit({ machines: { one: machine(3) } });
    await expect(store.durable()).rejects.toEqual(failure);
    expect(readFileSync(journal(), "utf8")).not.toContain("machines");
  });
});
