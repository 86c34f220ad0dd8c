import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { domainJournal } from "#db/migration-files.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { scratchDatabase } from "#tests/migrations/scratch-database.ts";
import { audit, drill } from "./drill.ts";
import { operationsFixture } from "./fixture.ts";
import { killAt, leaseMs } from "./kills.ts";
import { keepTwoWorkers, startWorkerProcess } from "./worker-processes.ts";

it("an operation is taken over within the lease and a second, before, within and after an effect and a transaction", async () => {
  // Before and after the effect of the first step; before and after the commit of the second.
  const { owner } = await killAt([4, 5, 10, 11].map((dieAt) => ({ dieAt, fails: false })));
  const [longest] = await owner<{ ms: number }[]>`
    select max(extract(epoch from ended_at - created_at))::float8 * 1000 as ms from operations`;
  // The time of the steps themselves included.
  expect(longest?.ms).toBeLessThan(leaseMs + 1_000 + 500);
});

it("a failure that was recorded stays a failure when the process dies right after it", async () => {
  const fixture = await operationsFixture();
  await keepTwoWorkers({ url: fixture.url, leaseMs });
  const definition = drill({ callee: fixture.service });
  const id = await fixture.start(definition, { input: { failAt: "provision", dieAt: 15 } });
  const { steps, error } = await fixture.reached(id, "compensated");
  expect(error).toMatchObject({ code: "DRILL", step: "provision" });
  expect(steps.map(({ name, attempts }) => ({ name, attempts }))).toEqual([
    { name: "reserve", attempts: 1 },
    { name: "write", attempts: 1 },
    { name: "provision", attempts: 1 },
  ]);
  expect(await fixture.owner`select from deaths`).toHaveLength(1);
  expect(await audit(fixture.owner)).toEqual([]);
});

it.each([
  ["effect", "provision", "effect provision refused"],
  ["business write", "write done", "transaction refused"],
])(
  "a worker that stood still past its lease has its renewal and its %s refused when it wakes",
  async (_what, holdAt, refusal) => {
    const fixture = await operationsFixture();
    const stopped = await startWorkerProcess({ url: fixture.url, leaseMs, holds: true });
    const id = await fixture.start(drill({ callee: fixture.service }), { input: { holdAt } });
    await stopped.printed(`holds at ${holdAt}`);
    stopped.child.kill("SIGSTOP");
    await startWorkerProcess({ url: fixture.url, leaseMs });
    await fixture.reached(id, "done");
    stopped.child.stdin?.write("go\n");
    stopped.child.kill("SIGCONT");
    await Promise.all([stopped.printed(refusal), stopped.printed("renewal refused")]);
    expect(await audit(fixture.owner)).toEqual([]);
  },
);

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
