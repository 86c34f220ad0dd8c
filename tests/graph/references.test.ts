import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Transport } from "#gateway/transport/transport.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { fleetOf, insertFleet } from "./rows.ts";

const fleet = fleetOf(1);
const query = "{ vms(first: 100) { nodes { id transitions(first: 20) { nodes { initiatedBy { id username } } } } } }";

let product: TestProduct;
/** The username of every user, by id. */
let names: ReadonlyMap<string, string>;
const referencesOfCalls: number[] = [];
let fault: ((call: Parameters<Transport["send"]>) => void) | undefined;

beforeAll(async () => {
  product = await bootProduct({
    tenantId: fleet.tenantId,
    wrapTransport: (inner) => ({
      ...inner,
      send: async (...call) => {
        const representations = call[1].variables?.["representations"];
        if (call[0] === "auth" && Array.isArray(representations)) referencesOfCalls.push(representations.length);
        fault?.(call);
        return inner.send(...call);
      },
    }),
  });
  await insertFleet(product.urls, 1, 100);
  // Each user is referred to once, because a user that a page refers to several times is requested once.
  const initiators = await asOwner(product.urls.url("vms"), async (sql) => {
    await sql`insert into vm_state_transitions (vm_id, tenant_id, to_state, initiated_by)
      select vm_id, tenant_id, 'stopped', gen_random_uuid() from vm_state_transitions, generate_series(1, 14)`;
    return sql<{ id: string }[]>`select initiated_by as id from vm_state_transitions where to_state = 'stopped'`;
  });
  await asOwner(product.urls.url("auth"), async (sql) => {
    await sql`insert into users (id, username, email, password_hash, tenant_id)
      select id, id, id || '@example.org', 'secret', ${fleet.tenantId}
      from unnest(${initiators.map(({ id }) => id)}::uuid[]) as initiator (id) on conflict (id) do nothing`;
    names = new Map(
      (await sql<{ id: string; username: string }[]>`select id, username from users`).map((user) => [
        user.id,
        user.username,
      ]),
    );
  });
});
afterAll(() => product.stop());

type Initiator = { id: string; username: string } | null;
const initiatorsOf = (data: { vms: { nodes: { transitions: { nodes: { initiatedBy: Initiator }[] } }[] } }) =>
  data.vms.nodes.flatMap(({ transitions }) => transitions.nodes.map(({ initiatedBy }) => initiatedBy));

it("an object that a page refers to several times is requested once", async () => {
  const { data, errors } = await product.ask("{ vms(first: 100) { nodes { tenant { id name } } } }");
  expect(errors).toEqual([]);
  expect(data.vms.nodes).toHaveLength(100);
  expect(new Set(data.vms.nodes.map(({ tenant }: { tenant: { name: string } }) => tenant.name))).toEqual(
    new Set(["tenant 1"]),
  );
  expect(referencesOfCalls.splice(0)).toEqual([1]);
});

describe("a page with more references to one subgraph than a call may have", () => {
  it("is split into several calls and answered completely", async () => {
    const { data, errors } = await product.ask(query);
    expect(errors).toEqual([]);
    expect(referencesOfCalls.toSorted((a, b) => a - b)).toEqual([500, 1_000]);
    const initiators = initiatorsOf(data);
    expect(initiators).toHaveLength(1_500);
    for (const initiator of initiators) expect(initiator?.username).toBe(names.get(initiator?.id ?? ""));
  });

  it("keeps every object in its own place when one does not exist", async () => {
    await asOwner(product.urls.url("auth"), (sql) => sql`delete from users where id = ${fleet.id("user", 1)}`);
    const { data, errors } = await product.ask(query);
    expect(initiatorsOf(data).filter((initiator) => initiator === null)).toHaveLength(1);
    expect(errors.map(({ path }) => path?.slice(-2))).toEqual([["initiatedBy", "username"]]);
  });

  it("has none of the objects when one of the calls fails", async () => {
    fault = ([name, { variables }]) => {
      const representations = variables?.["representations"];
      if (name === "auth" && Array.isArray(representations) && representations.length === 500) {
        throw new Error("connect ECONNREFUSED");
      }
    };
    const { data, errors } = await product.ask(query);
    expect(initiatorsOf(data).every((initiator) => initiator === null)).toBe(true);
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(["SUBGRAPH_UNAVAILABLE"]));
    expect(errors.length).toBe(1_500);
  });
});
