import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { domainJournal } from "#db/migration-files.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { scratchDatabase } from "#tests/migrations/scratch-database.ts";
import { audit, drill, type DrillInput, drillOfProcesses } from "./drill.ts";
import { operationsFixture } from "./fixture.ts";
import { type Course, leaseMs, startKills } from "./kills.ts";
import { startWorkerProcess } from "./worker-processes.ts";

it("an operation is taken over within the lease and a second, before, within and after an effect and a transaction", async () => {
  const fixture = await operationsFixture();
  const kills = await startKills(fixture);
  const course: Course<DrillInput> = { definition: drillOfProcesses, asked: async () => ({ input: {} }), ends: "done" };
  await kills.killAt(course, [
    "reserve begins",
    "reserve took effect",
    "in the transaction of write done",
    "after the transaction of write done",
  ]);
  expect(await audit(fixture.owner)).toEqual([]);
  const [longest] = await fixture.owner<{ ms: number }[]>`
    select max(extract(epoch from ended_at - created_at))::float8 * 1000 as ms from operations`;
  // The time of the steps themselves included.
  expect(longest?.ms).toBeLessThan(leaseMs + 1_000 + 500);
});

it("a failure that was recorded stays a failure when the process dies right after it", async () => {
  const fixture = await operationsFixture();
  const kills = await startKills(fixture);
  const asked = async () => ({ input: { failAt: "provision" } });
  const course: Course<DrillInput> = { definition: drillOfProcesses, asked, ends: "compensated" };
  const [id = ""] = await kills.killAt(course, ["after recording provision failed"]);
  const { steps, error } = await fixture.reached(id, "compensated");
  expect(error).toMatchObject({ code: "DRILL", step: "provision" });
  expect(steps.map(({ name, attempts }) => ({ name, attempts }))).toEqual([
    { name: "reserve", attempts: 1 },
    { name: "write", attempts: 1 },
    { name: "provision", attempts: 1 },
  ]);
  expect(await audit(fixture.owner)).toEqual([]);
});

it("case L11: a worker that stood still past its lease has its renewal, its calls of callees, its step results and its writes refused", async () => {
  const fixture = await operationsFixture();
  const stopped = await startWorkerProcess({ url: fixture.url, leaseMs, holds: true });
  const holds = [
    ["provision begins", "effect provision refused"],
    ["provision took effect", "save refused"],
    ["write took effect", "transaction refused"],
    ["undo reserve begins", "effect reserve refused"],
  ] as const;
  const ids = await Promise.all(
    holds.map(async ([holdAt]) => {
      const failAt = holdAt.startsWith("undo") ? "finish" : null;
      const id = await fixture.start(drillOfProcesses, { input: { holdAt, failAt } });
      await stopped.printed(`holds at ${holdAt}`);
      return { id, ends: failAt ? ("compensated" as const) : ("done" as const) };
    }),
  );
  stopped.child.kill("SIGSTOP");
  await startWorkerProcess({ url: fixture.url, leaseMs });
  await Promise.all(ids.map(({ id, ends }) => fixture.reached(id, ends)));
  stopped.child.stdin?.write("go\n");
  stopped.child.kill("SIGCONT");
  await Promise.all(["renewal refused", ...holds.map(([, refusal]) => refusal)].map((line) => stopped.printed(line)));
  expect(await audit(fixture.owner)).toEqual([]);
});

it("four processes that migrate a new database at the same time create the tables of operations once", async () => {
  const database = await scratchDatabase();
  onTestFinished(() => database.drop());
  const program = bundle("tests/migrations/migrate-in-a-process.ts");
  const run = () => promisify(execFile)(process.execPath, [program, database.url, "vms"]);
  const outputs = await Promise.all([run(), run(), run(), run()]);
  const applied = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
  expect(applied).toEqual((await domainJournal("vms")).map(({ tag }) => tag));
  expect(await database.sql`select from operations`).toHaveLength(0);
});

it("the audit finds a planted leak and a planted double effect", async () => {
  const fixture = await operationsFixture();
  const definition = drill({ callee: fixture.service });
  fixture.work([definition]);
  const [done, undone] = await Promise.all([
    fixture.start(definition, { input: {} }),
    fixture.start(definition, { input: { failAt: "provision" } }),
  ]);
  await Promise.all([fixture.reached(done, "done"), fixture.reached(undone, "compensated")]);
  expect(await audit(fixture.owner)).toEqual([]);
  await fixture.owner`delete from journal where what = 'undone' and step = 'reserve'`;
  await fixture.owner`insert into journal (what, operation_id, step) values ('applied', ${done}, 'provision')`;
  expect((await audit(fixture.owner)).toSorted()).toEqual(
    [`${done} provision was applied 2 times`, `${undone} reserve was left behind`].toSorted(),
  );
});
