import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

const tenantId = "5f225b57-6f23-5959-8431-2e34544686f7";
const failing = (state: string) =>
  statement<never>(() => sql.raw(`do $$ begin raise exception 'secret-canary' using errcode = '${state}'; end $$`));

let urls: TestDatabases;
let database: Database;
beforeAll(async () => {
  urls = await cloneDatabases(["vms"]);
  database = await openDatabase({ domain: "vms", url: urls.url("vms") });
});
afterAll(async () => {
  await database.close();
  await urls.drop();
});

describe.each([
  ["14", "57P01", "DATABASE_UNAVAILABLE"],
  ["14", "57P02", "DATABASE_UNAVAILABLE"],
  ["12", "57P03", "DATABASE_UNAVAILABLE"],
  ["12", "08006", "DATABASE_UNAVAILABLE"],
  ["15", "53300", "OVERLOADED"],
  ["16", "55P03", "WRITE_CONFLICT"],
  ["17", "40001", "WRITE_CONFLICT"],
  ["17", "40P01", "WRITE_CONFLICT"],
  ["18", "53100", "STORAGE_FULL"],
  ["16", "57014", "SUBGRAPH_TIMEOUT"],
])("%s: an error that PostgreSQL reports as %s", (_fault, state, code) => {
  it(`is ${code} for a write, a read and a single statement`, async () => {
    const expected = { code, message: expect.not.stringContaining("secret-canary") };
    const write = database.write({ tenantId }, (tx) => tx.execute(failing(state)));
    await expect(write).rejects.toMatchObject(expected);
    const reading = database.read({ tenantId });
    await expect(reading.run(failing(state))).rejects.toMatchObject(expected);
    await reading.end();
    await expect(database.run(failing(state))).rejects.toMatchObject(expected);
  });
});

it("an error that does not concern the database's own state keeps its code", async () => {
  const write = database.write({ tenantId }, (tx) => tx.execute(failing("23505")));
  await expect(write).rejects.toMatchObject({ code: "23505" });
});

it.each([
  ["a value that its type rejects", sql`select ${sql.placeholder("value")}::text::uuid`, "22P02"],
  ["a number out of range", sql`select ${sql.placeholder("value")}::text::int`, "22P02"],
  ["a row that violates a check", sql`insert into refusing values (${sql.placeholder("value")})`, "23514"],
  ["a row that already exists", sql`insert into unique_ones values (${sql.placeholder("value")})`, "23505"],
])("attack 57, case G54: an error of the database contains its code, and not %s", async (_what, text, code) => {
  const value = "a-secret-canary";
  const write = database.write({ tenantId }, async (tx) => {
    await tx.execute(statement<never>(() => sql`create temporary table refusing (value text check (false))`));
    await tx.execute(
      statement<never>(() => sql`create temporary table unique_ones as select ${sql.raw(`'${value}'`)} as value`),
    );
    await tx.execute(statement<never>(() => sql`create unique index on unique_ones (value)`));
    await tx.execute(
      statement<never>(() => text),
      { value },
    );
  });
  const error = await write.catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ code });
  if (!(error instanceof Error)) throw new Error("The write did not fail.");
  const logged = [...Object.values(error), error.message, error.stack].map(String);
  expect(logged.filter((part) => part.includes(value))).toEqual([]);
});
