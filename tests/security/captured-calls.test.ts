import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { openDatabase } from "#db/client.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph/server.ts";
import { insertFleet } from "#tests/graph/rows.ts";
import { listeningOf } from "#tests/harness/call-keys.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { callAt as call, documents, fleet, headersFor, keys } from "./signed-calls.ts";

let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 1);
});
afterAll(() => product.stop());

/** Starts a process of a subgraph. */
function listen(name: "auth" | "vms", { databases }: Pick<TestProduct, "databases"> = product): Promise<RunningServer> {
  const subgraph = product.subgraphs.find((each) => each.name === name);
  if (!subgraph) throw new Error(`There is no ${name} subgraph.`);
  return listenSubgraph(listeningOf({ databases }, subgraph, keys), "127.0.0.1", 0);
}

describe("case G48: a captured call that writes", () => {
  const write = (name: string) =>
    JSON.stringify({
      query: `mutation ($name: String!) { createRole(input: { name: $name, permissions: ["vm:read"] }) { role { name } userErrors { code } } }`,
      variables: { name },
    });
  const roles = async (name: string) =>
    asOwner(product.urls.url("auth"), (sql) => sql`select name from roles where name = ${name}`);
  const signedFor = (body: string) => headersFor(body, { audience: "auth" });
  let processes: RunningServer[];
  beforeAll(async () => {
    // Two processes of the same subgraph, as behind a load balancer.
    processes = await Promise.all([listen("auth"), listen("auth")]);
  });
  afterAll(() => Promise.all(processes.map((each) => each.close())));
  const urls = () => processes.map(({ url }) => url) as [string, string];
  const refused = { errors: [{ message: expect.any(String), extensions: { code: "UNAUTHENTICATED" } }] };

  it("is executed once, whichever process of the subgraph receives it again", async () => {
    const body = write("once");
    const headers = signedFor(body);
    const [one] = urls();
    const first = await call(body, headers, one);
    expect(first.answer.data.createRole).toEqual({ role: { name: "once" }, userErrors: [] });
    for (const url of urls()) {
      const again = await call(body, headers, url);
      expect(again.status).toBe(401);
      expect(again.answer).toEqual(refused);
    }
    const anew = await call(body, signedFor(body), one);
    expect(anew.answer.data.createRole).toMatchObject({ role: null, userErrors: [expect.anything()] });
    expect(await roles("once")).toHaveLength(1);
  });

  it("is executed once when many copies are sent to both processes at the same time", async () => {
    const body = write("at the same time");
    const headers = signedFor(body);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => call(body, headers, urls()[at % 2] ?? "")));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 401)]);
    expect(await roles("at the same time")).toHaveLength(1);
  });

  it.each([
    "  # a comment\n mutation { __typename }",
    "fragment f on Mutation { __typename } mutation m { ...f }",
    "\ufeffmutation,m{__typename}",
  ])("counts as a write however its document is written: %s", async (query) => {
    const body = JSON.stringify({ query });
    const headers = signedFor(body);
    const [one, other] = urls();
    const { status } = await call(body, headers, one);
    expect([status, (await call(body, headers, other)).status]).toEqual([200, 401]);
  });

  it("is not executed when the database cannot report whether it already was", async () => {
    const gone = await openDatabase({ domain: "auth", url: product.urls.url("auth"), maxConnections: 1 });
    await asOwner(product.urls.url("auth"), (sql) => sql`alter table executed_writes rename to away`);
    const withoutTable = await listen("auth", { databases: { ...product.databases, auth: gone } });
    onTestFinished(async () => {
      await asOwner(product.urls.url("auth"), (sql) => sql`alter table away rename to executed_writes`);
      await Promise.all([withoutTable.close(), gone.close()]);
    });
    const body = write("unknown");
    expect((await call(body, signedFor(body), withoutTable.url)).status).toBe(500);
    expect(await roles("unknown")).toEqual([]);
  });

  it("does not affect a read: the same query may be sent again", async () => {
    const { url, close } = await listen("vms");
    onTestFinished(close);
    const body = JSON.stringify(documents["a field"]);
    const headers = headersFor(body);
    expect([(await call(body, headers, url)).status, (await call(body, headers, url)).status]).toEqual([200, 200]);
  });

  it("is forgotten once no process would accept it any more", async () => {
    const { vms } = product.databases;
    await asOwner(product.urls.url("vms"), async (sql) => {
      await sql`insert into executed_writes (nonce, executed_at) select gen_random_uuid(), now() - interval '61 seconds' from generate_series(1, 50)`;
      await sql`insert into executed_writes (nonce, executed_at) select gen_random_uuid(), now() - interval '30 seconds' from generate_series(1, 5)`;
    });
    const left = () =>
      asOwner(product.urls.url("vms"), async (sql) => [
        ...(await sql`
          select count(*) filter (where executed_at < now() - interval '60 seconds')::int as old,
            count(*) filter (where executed_at < now() - interval '25 seconds')::int as kept from executed_writes`),
      ]);
    // A process that has run for a while removes old entries with the next call that writes.
    vi.useFakeTimers({ toFake: ["performance"], now: 0 });
    const writes = executedWrites(vms);
    vi.advanceTimersByTime(11_000);
    expect(await writes.remember(randomUUID())).toBe(true);
    vi.useRealTimers();
    await expect.poll(left).toEqual([{ old: 0, kept: 5 }]);
  });
});
