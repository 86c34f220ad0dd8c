import { expect, it } from "vitest";
import { NodeSnapshot } from "#db/scheduler/node-snapshot.ts";
import { changeAllocated } from "#db/scheduler/placement-nodes.ts";
import { noResources } from "#db/scheduler/schema/node-resources.ts";
import { nodeId, placementFixture, tenantId } from "./fixture.ts";

const world = placementFixture();
const added = { id: nodeId("n1"), amounts: { ...noResources, memoryMb: 7 } };

/** Returns the names of the nodes with their allocated memory, as a transaction reads them. */
const read = (snapshot: NodeSnapshot) =>
  world.database.write({ tenantId }, async (tx) =>
    (await snapshot.read(tx)).map(({ name, allocated }) => `${name} ${allocated.memoryMb}`),
  );

it("the nodes of a process are those of the database after each change, insert and removal", async () => {
  await world.nodes({ id: "n1" }, { id: "n2" });
  const snapshot = new NodeSnapshot();
  expect(await read(snapshot)).toEqual(["n1 0", "n2 0"]);
  await world.database.write({ tenantId }, (tx) => changeAllocated(tx, [added]));
  expect(await read(snapshot)).toEqual(["n1 7", "n2 0"]);
  await world.owner`insert into nodes select (jsonb_populate_record(nodes, '{"id": "0197a000-0000-7000-8000-000000000001", "name": "n0"}')).* from nodes where name = 'n2'`;
  expect(await read(snapshot)).toEqual(["n0 0", "n1 7", "n2 0"]);
  await world.owner`delete from nodes where name = 'n2'`;
  expect(await read(snapshot)).toEqual(["n0 0", "n1 7"]);
});

it("a transaction sees what it has written itself, and no other sees it before it commits, or after it was rolled back", async () => {
  await world.nodes({ id: "n1" });
  const snapshot = new NodeSnapshot();
  await read(snapshot);
  const given = new Error("rolled back");
  const rolledBack = world.database.write({ tenantId }, async (tx) => {
    await changeAllocated(tx, [added]);
    const [own] = await snapshot.read(tx);
    expect(own?.allocated.memoryMb).toBe(7);
    expect(await read(snapshot)).toEqual(["n1 0"]);
    throw given;
  });
  await expect(rolledBack).rejects.toThrow("rolled back");
  expect(await read(snapshot)).toEqual(["n1 0"]);
});

it("a change that was not committed when others were read is read once it is", async () => {
  await world.nodes({ id: "n1" }, { id: "n2" });
  const snapshot = new NodeSnapshot();
  await read(snapshot);
  await world.database.write({ tenantId }, async (tx) => {
    await changeAllocated(tx, [added]);
    await world.database.write({ tenantId }, (other) => changeAllocated(other, [{ ...added, id: nodeId("n2") }]));
    expect(await read(snapshot)).toEqual(["n1 0", "n2 7"]);
  });
  expect(await read(snapshot)).toEqual(["n1 7", "n2 7"]);
});
