import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeStates } from "#db/vms/state-writes.ts";
import { followRevocations } from "#gateway/authentication/follow-revocations.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { RawClient, subscribe } from "#tests/live/raw-client.ts";
import { until } from "#tests/live/until.ts";

const [ours, theirs] = [fleetOf(1), fleetOf(2)];
const stopping = new AbortController();
let product: TestProduct;
let ended: Promise<unknown>;

beforeAll(async () => {
  product = await bootProduct({ authenticates: true, withEvents: true });
  for (const number of [1, 2]) await insertFleet(product.urls, number, 3);
  await asOwner(product.urls.url("vms"), (owner) => owner`update vms set state = 'running', origin_state = null`);
  ended = followRevocations(product.transport, product.identities, stopping.signal);
  await until(() => product.identities.isLive);
});
afterAll(async () => {
  stopping.abort();
  await ended;
  await product.stop();
});

const newUser = (role: "admin" | "viewer" = "viewer", tenantId = ours.tenantId) =>
  makeUser(product.databases.auth, { tenantId, role });
const change = async (token: string | undefined, name: string, input: object, fields: string) => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code } } }`;
  const { data, errors } = await product.ask(query, { input }, token);
  expect([errors, data[name].userErrors]).toEqual([[], []]);
  return data[name];
};
const tokenOf = async ({ email: login, password }: TestUser, tenantId?: string): Promise<string> =>
  (await change(undefined, "signIn", { login, password, tenantId }, "token")).token;
const asAdministrator = async (name: string, input: object, fields = "__typename") =>
  change(await tokenOf(await newUser("admin")), name, input, fields);
const ticketOf = async (token: string): Promise<string> => {
  const { data, errors } = await product.ask("mutation { createConnectionTicket { ticket } }", {}, token);
  expect(errors).toEqual([]);
  return data.createConnectionTicket.ticket;
};
const keyOf = ({ id: userId, tenantId }: TestUser) => makeApiKey(product.databases.auth, { tenantId, userId });

const query = "subscription { vmStateChanged { fromState toState vm { id name } } }";
interface Received {
  vmStateChanged: { vm: { id: string } } | null;
}

interface OwnKeys {
  vmStateChanged: { vm: { owner: { username: string; apiKeys: { totalCount: number } | null } } };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
/** Opens a socket that receives changes of VMs. @param payload of its connection_init */
async function listening(payload: object): Promise<RawClient> {
  const client = new RawClient(product.url);
  await client.connect(payload, subscribe("1", query));
  await until(() => client.of("ping").length > 0);
  return client;
}
const events = (ticket: string): Promise<Response> =>
  fetch(`${product.url}?${new URLSearchParams({ query, ticket }).toString()}`, {
    headers: { accept: "text/event-stream" },
  });
/** Returns the code of a stream that holds nothing but a refusal. */
const refusalOf = async (stream: ReturnType<typeof events>) =>
  /^event: next\ndata: .*"code":"(\w+)".*\n\nevent: complete\ndata:\n\n$/.exec(await (await stream).text())?.[1];
/** Pauses and resumes a VM of a tenant, which is two changes. */
const flip = (fleet: typeof ours, vm = 1) =>
  product.databases.vms.write({ tenantId: fleet.tenantId, actor: "command:test" }, async (tx) => {
    const [vmId, initiatedBy] = [fleet.id("vm", vm), fleet.id("user", 1)];
    await changeStates(tx, [{ vmId, from: "running", to: "paused", reason: "", initiatedBy }]);
    await changeStates(tx, [{ vmId, from: "paused", to: "running", reason: "", initiatedBy }]);
  });
const namesIn = (client: RawClient) =>
  client.payloads<Received>("1").map(({ vmStateChanged }) => vmStateChanged?.vm.id);
const secondsUntil = async (condition: () => boolean): Promise<number> => {
  const began = performance.now();
  await until(condition);
  return (performance.now() - began) / 1_000;
};

describe("a ticket", () => {
  it("opens one socket, or one stream of events, with the rights of the user who requested it", async () => {
    const token = await tokenOf(await newUser());
    const socket = await listening({ ticket: await ticketOf(token) });
    const stream = await events(await ticketOf(token));
    expect(stream.status).toBe(200);
    const reader = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    await flip(ours);
    await until(() => namesIn(socket).length === 2);
    expect((await reader.read()).value).toContain(ours.id("vm", 1));
    await reader.cancel();
  });

  it("is accepted once, even when several clients send it at the same time", async () => {
    const ticket = await ticketOf(await tokenOf(await newUser()));
    const clients = Array.from({ length: 20 }, () => new RawClient(product.url));
    await Promise.all(clients.map((client) => client.send({ type: "connection_init", payload: { ticket } })));
    await until(() => clients.every((client) => client.closed !== undefined || client.of("connection_ack").length > 0));
    expect(clients.filter(({ closed }) => closed === undefined)).toHaveLength(1);
    expect(new Set(clients.flatMap(({ closed }) => closed?.code ?? []))).toEqual(new Set([4403]));
    expect(await refusalOf(events(ticket))).toBe("UNAUTHENTICATED");
  });

  it("is valid for a minute, and only as long as the session that requested it", async () => {
    const token = await tokenOf(await newUser());
    const [late, unused] = [await ticketOf(token), await ticketOf(token)];
    await asOwner(
      product.urls.url("auth"),
      (owner) => owner`update connection_tickets set expires_at = expires_at - interval '1 minute'`,
    );
    expect(await refusalOf(events(late))).toBe("UNAUTHENTICATED");
    const outlived = await ticketOf(token);
    await product.ask("mutation { signOut { session { id } } }", {}, token);
    for (const ticket of [outlived, unused]) expect(await refusalOf(events(ticket))).toBe("UNAUTHENTICATED");
    const [left] = await asOwner(
      product.urls.url("auth"),
      (owner) => owner`select count(*)::int as tickets from connection_tickets where tenant_id = ${ours.tenantId}`,
    );
    // Creating the last ticket removed the expired ones that were never used.
    expect(left).toEqual({ tickets: 0 });
  });

  it("is refused for any other kind of request", async () => {
    const ticket = await ticketOf(await tokenOf(await newUser()));
    expect((await product.ask("{ me { id } }", {}, ticket)).status).toBe(401);
    const asParameter = await fetch(`${product.url}?${new URLSearchParams({ query: "{ me { id } }", ticket })}`);
    expect(await asParameter.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    const { status, errors } = await product.ask("mutation { createConnectionTicket { ticket } }");
    expect([status, errors[0]?.extensions.code]).toEqual([200, "UNAUTHENTICATED"]);
  });

  it("also gives an open socket a new credential", async () => {
    const user = await newUser();
    const old = await tokenOf(user);
    const client = await listening(bearer(old));
    await client.send({ type: "ping", payload: { ticket: await ticketOf(await tokenOf(user)) } });
    await until(() => client.of("pong").length === 1);
    await product.ask("mutation { signOut { session { id } } }", {}, old);
    // By then the session that the socket began with has ended for every client that holds its token.
    await expect.poll(() => product.ask("{ me { id } }", {}, old), { timeout: 15_000 }).toMatchObject({ status: 401 });
    await flip(ours);
    await until(() => namesIn(client).length === 2);
    expect(client.closed).toBeUndefined();
  });
});

describe("attack 35: every open connection loses access within two seconds", () => {
  /** Opens one connection of each kind: by session, by key, by a ticket of each, and one stream. */
  async function connectionsOf(user: TestUser) {
    const session = await tokenOf(user);
    const { id: keyId, key } = await keyOf(user);
    const sockets = [
      await listening(bearer(session)),
      await listening({ ticket: await ticketOf(session) }),
      await listening(bearer(key)),
      await listening({ ticket: await ticketOf(key) }),
    ] as const;
    let isEnded = false;
    const stream = await events(await ticketOf(session));
    const reading = stream.text().finally(() => (isEnded = true));
    return { session, keyId, sockets, reading, isEnded: () => isEnded };
  }

  it("of a user who is disabled", async () => {
    const user = await newUser();
    const { sockets, reading, isEnded } = await connectionsOf(user);
    await asAdministrator("disableUser", { id: user.id });
    expect(await secondsUntil(() => sockets.every(({ closed }) => closed?.code === 4403) && isEnded())).toBeLessThan(2);
    await flip(ours);
    expect(await reading).not.toContain("vmStateChanged");
    expect(sockets.flatMap(namesIn)).toEqual([]);
  });

  it("of a session that is ended, and of a key that is revoked, and no other", async () => {
    const user = await newUser();
    const { session, keyId, sockets, reading, isEnded } = await connectionsOf(user);
    await change(await tokenOf(user), "revokeApiKey", { id: keyId }, "apiKey { id }");
    const [bySession, bySessionsTicket, byKey, byKeysTicket] = sockets;
    const closed = (...clients: RawClient[]) => clients.every((client) => client.closed?.code === 4403);
    expect(await secondsUntil(() => closed(byKey, byKeysTicket))).toBeLessThan(2);
    expect([bySession.closed, bySessionsTicket.closed, isEnded()]).toEqual([undefined, undefined, false]);
    await product.ask("mutation { signOut { session { id } } }", {}, session);
    expect(await secondsUntil(() => closed(bySession, bySessionsTicket) && isEnded())).toBeLessThan(2);
    await reading;
  });

  it("of a tenant that is disabled", async () => {
    await insertFleet(product.urls, 3, 1);
    const { tenantId } = fleetOf(3);
    const { sockets, reading, isEnded } = await connectionsOf(await newUser("viewer", tenantId));
    const platform = await makeUser(product.databases.auth, { tenantId: platformTenantId, role: "operator" });
    await change(await tokenOf(platform), "disableTenant", { id: tenantId }, "tenant { enabled }");
    expect(await secondsUntil(() => sockets.every(({ closed }) => closed?.code === 4403) && isEnded())).toBeLessThan(2);
    await reading;
  });

  it("to what a revoked role granted, and keeps the rest", async () => {
    const user = await newUser();
    const { role } = await asAdministrator(
      "createRole",
      { name: "key readers", permissions: ["api_key:read"] },
      "role { id }",
    );
    const grant = { userId: user.id, roleId: role.id };
    await asAdministrator("grantRole", grant);
    const client = new RawClient(product.url);
    const text = "subscription { vmStateChanged { vm { id owner { apiKeys(first: 1) { totalCount } } } } }";
    await client.connect(bearer(await tokenOf(user)), subscribe("1", text));
    await until(() => client.of("ping").length > 0);
    const refusals = () => client.of("next").filter(({ payload }) => JSON.stringify(payload).includes("FORBIDDEN"));
    await flip(ours);
    await until(() => namesIn(client).length === 2);
    expect(refusals()).toEqual([]);
    await asAdministrator("revokeRole", grant);
    const began = performance.now();
    await expect
      .poll(() => flip(ours).then(() => refusals().length), { timeout: 15_000, interval: 50 })
      .toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(2_000);
    await until(() => new Set(namesIn(client)).size === 1);
    expect([namesIn(client).at(-1), client.closed]).toEqual([ours.id("vm", 1), undefined]);
  });
});

it("attack 47: a key's requests over a socket count towards its requests per minute", async () => {
  const { id: userId, tenantId } = await newUser();
  const { key } = await makeApiKey(product.databases.auth, { tenantId, userId, rateLimitPerMinute: 5 });
  const client = new RawClient(product.url);
  // Authenticating the socket counts as the first request.
  await client.connect(
    bearer(key),
    ...["1", "2", "3"].map((id) => subscribe(id, "{ me { id } }")),
    subscribe("4", query),
  );
  await until(() => client.of("complete").length === 3 && client.of("ping").length > 0);
  await client.send(subscribe("5", "{ me { id } }"), subscribe("6", query));
  await until(() => client.of("error").length === 2);
  for (const { payload } of client.of("error"))
    expect(payload).toMatchObject([{ extensions: { code: "RATE_LIMITED", retryAfter: expect.any(Number) as number } }]);
  await flip(ours);
  await until(() => client.of("next", "4").length === 2);
});

describe("attack 31: a tenant's subscriber", () => {
  it("receives nothing of another tenant, whatever ids it filters by", async () => {
    const client = new RawClient(product.url);
    const filtered =
      "subscription ($filter: VmStateTransitionFilter) { vmStateChanged(filter: $filter) { vm { id } } }";
    const theirIds = [1, 2, 3].map((vm) => theirs.id("vm", vm));
    await client.connect(
      bearer(await tokenOf(await newUser())),
      subscribe("all", query),
      subscribe("theirs", filtered, { variables: { filter: { vm: theirIds } } }),
    );
    await until(() => client.of("ping").length > 1);
    await flip(theirs);
    await flip(ours);
    await until(() => client.of("next", "all").length === 2);
    expect(client.payloads<Received>("all").map(({ vmStateChanged }) => vmStateChanged?.vm.id)).toEqual(
      Array(2).fill(ours.id("vm", 1)),
    );
    expect(client.of("next", "theirs")).toEqual([]);
  });

  it("sees its user's own data but no other user's, even when both send the same subscription with the same rights", async () => {
    const owner = { id: ours.id("user", 1), tenantId: ours.tenantId };
    const [row] = await asOwner(
      product.urls.url("auth"),
      (sql) => sql<{ role: "user" }[]>`update users set role = 'viewer' where id = ${owner.id} returning role`,
    );
    expect(row).toEqual({ role: "viewer" });
    const text = "subscription { vmStateChanged { vm { id owner { username apiKeys(first: 5) { totalCount } } } } }";
    const clients: RawClient[] = [];
    for (const user of [owner, await newUser(), owner]) {
      const { key } = await makeApiKey(product.databases.auth, { tenantId: user.tenantId, userId: user.id });
      const client = new RawClient(product.url);
      await client.connect(bearer(key), subscribe("1", text));
      await until(() => client.of("ping").length > 0);
      clients.push(client);
    }
    await flip(ours);
    await until(() => clients.every((client) => client.of("next").length === 2));
    const [first, other, second] = clients.map((client) => client.payloads<OwnKeys>("1")[0]?.vmStateChanged.vm.owner);
    expect(first?.apiKeys?.totalCount).toBeGreaterThan(0);
    expect(second).toEqual(first);
    expect(other).toEqual({ username: first?.username, apiKeys: null });
    expect(clients[1]?.of("next")[0]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  });

  it("receives nothing of a VM once the VM belongs to another tenant", async () => {
    const [before, after] = [
      await listening(bearer(await tokenOf(await newUser()))),
      await listening(bearer(await tokenOf(await newUser("viewer", theirs.tenantId)))),
    ];
    await flip(ours, 2);
    await until(() => namesIn(before).length === 2);
    const moved = ours.id("vm", 2);
    await asOwner(product.urls.url("vms"), (owner) =>
      owner.begin(async (tx) => {
        // Rows that refer to the VM stay in the old tenant.
        await tx`set local session_replication_role = replica`;
        await tx`update vms set tenant_id = ${theirs.tenantId} where id = ${moved}`;
      }),
    );
    await flip({ ...theirs, id: (kind, number) => (kind === "vm" ? moved : theirs.id(kind, number)) }, 2);
    await until(() => namesIn(after).length === 2);
    await flip(ours, 1);
    await until(() => namesIn(before).length === 4);
    expect(namesIn(before)).toEqual([moved, moved, ours.id("vm", 1), ours.id("vm", 1)]);
    expect(namesIn(after)).toEqual([moved, moved]);
  });

  it("of the platform that acts in a tenant receives events of that tenant alone, and cannot act in another on the same socket", async () => {
    const visitor = await makeUser(product.databases.auth, { tenantId: platformTenantId, role: "operator" });
    const client = await listening(bearer(await tokenOf(visitor, ours.tenantId)));
    await flip(theirs);
    await flip(ours);
    await until(() => namesIn(client).length === 2);
    expect(namesIn(client)).toEqual(Array(2).fill(ours.id("vm", 1)));
    await client.send({ type: "ping", payload: bearer(await tokenOf(visitor, theirs.tenantId)) });
    expect(await client.closeCode()).toBe(4403);
  });
});
