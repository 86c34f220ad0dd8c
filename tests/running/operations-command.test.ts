import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "#db/client.ts";
import { domains } from "#db/columns.ts";
import type { ListedOperation } from "#db/operations/operation-list.ts";
import { operationStore } from "#db/operations/store.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { newId } from "#lib/uuid.ts";
import { drill } from "#subgraphs/vms/operations/drill.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { insertOperation } from "#tests/mutations/operation-row.ts";
import { novacron, novacronHere } from "./command.ts";

const tenantId = newId();
let urls: TestDatabases;
let service: Database;
let system: Database;
let worker: ReturnType<typeof startWorker>;
beforeAll(async () => {
  urls = await cloneDatabases();
  const url = urls.url("vms");
  service = await openDatabase({ domain: "vms", url });
  system = await openDatabase({ domain: "vms", url, as: "system" });
  const store = operationStore({ service, system, url });
  worker = startWorker({ store, definitions: new OperationDefinitions([drill]), pollMs: 100 });
});
afterAll(async () => {
  await worker.stop();
  await Promise.all([service.close(), system.close()]);
  await urls.drop();
});

const environment = () =>
  Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, urls.url(domain)]));
const operations = (...args: string[]) => novacronHere(["operations", ...args], environment());
async function printed<Value>(...args: string[]): Promise<Value> {
  const { code, stdout, stderr } = await operations(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Value;
}

it("operations of all domains are listed, newest first, by state, kind, tenant and domain", async () => {
  const [older, newer] = [
    await insertOperation(urls, "auth", { tenantId, state: "parked" }),
    await insertOperation(urls, "scheduler", { tenantId, state: "done" }),
  ];
  const ids = async (...args: string[]) =>
    (await printed<ListedOperation[]>("list", "--tenant", tenantId, ...args)).map(({ id }) => id);
  expect(await ids()).toEqual([newer, older]);
  expect(await ids("--state", "parked", "running")).toEqual([older]);
  expect(await ids("--domain", "scheduler")).toEqual([newer]);
  expect(await ids("--kind", "another")).toEqual([]);
  expect(await ids("--limit", "1")).toEqual([newer]);
  const { stdout } = await operations("list", "--tenant", tenantId);
  expect(stdout.split("\n").map((line) => line.split("\t").slice(0, 3))).toEqual([
    ["ID", "DATABASE", "KIND"],
    [newer, "scheduler", "test"],
    [older, "auth", "test"],
    [""],
  ]);
});

it("a list of a tenant that is no UUID is refused before any database is asked", async () => {
  const { code, stderr } = await novacronHere(["operations", "list", "--tenant", "abc"], {});
  expect(code).not.toBe(0);
  expect(stderr).toContain("'abc' is invalid. It is not the id of a tenant, which is a UUID.");
});

it("a drill shows its progress until it is done, each change once", async () => {
  const { code, stdout, stderr } = await operations("drill", "--seconds", "0", "--json");
  expect([code, stderr]).toEqual([0, ""]);
  const changes = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ListedOperation);
  expect(changes.at(-1)).toMatchObject({ kind: "drill", state: "done", actor: "command:operations" });
  expect(new Set(stdout.trim().split("\n")).size).toBe(changes.length);
  const shown = await operations("show", changes[0]?.id ?? "");
  for (const step of ["begin", "hold", "work", "finish"])
    expect(shown.stdout).toMatch(new RegExp(`^${step}\tdone\t1\t`, "m"));
});

it("a drill that holds continues at --go, and is watched to its end", async () => {
  const { id } = await printed<ListedOperation>("drill", "--hold", "--seconds", "0");
  // A process of its own: commands in this one wait for each other.
  const watched = novacron(["operations", "show", id, "--watch"], environment());
  const { code, stderr } = await operations("drill", "--go", id);
  expect(code).toBe(0);
  expect(stderr).toMatch(/\[#{20}\] 4\/4 done\n$/);
  expect((await watched).stdout).toMatch(/^state +done$/m);
});

it("a drill that is cancelled is undone, and can be cancelled only until it has ended", async () => {
  const { id } = await printed<ListedOperation>("drill", "--hold");
  await printed("cancel", id);
  const ended = await operations("show", id, "--watch");
  expect(ended.stdout).toMatch(/^error +CANCELLED: /m);
  expect(await operations("cancel", id)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^OPERATION_ENDED: .*compensated/),
  });
  const past = await insertOperation(urls, "vms", { tenantId, state: "running", attempted: ["first", "second"] });
  expect(await operations("cancel", past)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^NOT_CANCELLABLE: .*second/),
  });
});

it("a parked operation is abandoned after what it leaves behind was listed and accepted", async () => {
  const id = await insertOperation(urls, "federation", { tenantId, state: "parked" });
  expect(await operations("abandon", id)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^left behind by first: \{"id":"a"\}\nCONSENT_REQUIRED: /),
  });
  expect(await printed<ListedOperation>("show", id)).toMatchObject({ state: "parked" });
  expect(await printed<ListedOperation>("abandon", id, "--yes")).toMatchObject({ state: "abandoned" });
  expect(await operations("abandon", id, "--yes")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^OPERATION_NOT_PARKED: /),
  });
});

it.each(["not an id", newId(), newOperationId("auth")])("%s is no operation", async (id) => {
  for (const args of [
    ["show", id],
    ["cancel", id],
    ["abandon", id, "--yes"],
    ["drill", "--go", id],
  ])
    expect(await operations(...args), args.join(" ")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NOT_FOUND: /),
    });
});
