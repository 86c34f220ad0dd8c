import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { type GatewayServer, startGateway } from "#gateway/http/server.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import { overHttp } from "#gateway/transport/http.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { asset } from "#lib/assets.ts";
import { callerKeys, callSigner } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { type RequestContext, policies } from "#lib/trust/request-context.ts";
import { signContext, verifyContext } from "#lib/trust/signed-context.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { fleetOf } from "#tests/graph/rows.ts";

const keys: Keyring = [{ id: "1", secret: "the key that the client does not have" }];
const ours = wholeTenantIdentity(fleetOf(1).tenantId, fleetOf(1).id("user"));
const theirs = wholeTenantIdentity(fleetOf(2).tenantId, fleetOf(2).id("user"));
const mark = "sent-by-the-client";

/** Every header that a client could impersonate another caller with. The context is even signed, with a key of the client's own. */
const clientHeaders: Record<string, string> = {
  ...signContext(callSigner("gateway", [{ id: "1", secret: "a key of the client" }]), {
    audience: "auth",
    context: { identity: theirs, requestId: mark, deadline: Date.now() + 3_600_000 },
    body: "",
  }),
  "x-novacron-anything": mark,
  "x-user-id": theirs.id,
  "x-tenant-id": theirs.tenantId,
  "x-nova-actor": mark,
  "x-forwarded-for": "203.0.113.66",
  "x-forwarded-host": mark,
  "x-real-ip": "203.0.113.66",
  "x-request-id": mark,
  forwarded: "for=203.0.113.66",
  traceparent: mark,
  cookie: mark,
  authorization: `Bearer ${mark}`,
};
const query = `query ($mark: String) { users(filter: { text: $mark }) { totalCount } }`;
const ask = (gateway: GatewayServer) =>
  fetch(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...clientHeaders },
    body: JSON.stringify({ query, context: { identity: theirs }, extensions: { context: { identity: theirs } } }),
  });

const start = (transport: Transport) =>
  startGateway({
    policies,
    supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
    transport,
    identify: async () => ours,
    ready: async () => true,
    introspection: false,
    planning: "this thread",
    host: "127.0.0.1",
    port: 0,
  });

describe("attack 24: a client's claims about itself in headers", () => {
  const received: { headers: Record<string, string[] | undefined>; body: string }[] = [];
  const subgraph = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received.push({ headers: request.headersDistinct, body });
      response.end(JSON.stringify({ data: { users: { totalCount: 0 } } }));
    });
  });
  let gateway: GatewayServer;

  beforeAll(async () => {
    await new Promise<void>((resolve) => subgraph.listen(0, "127.0.0.1", resolve));
    const { port } = subgraph.address() as AddressInfo;
    const urls = Object.fromEntries(domains.map((domain) => [domain, `http://127.0.0.1:${port}/graphql`]));
    gateway = await start(overHttp(urls, callSigner("gateway", keys)));
  });
  afterAll(async () => {
    await gateway.close();
    subgraph.close();
  });

  it("never reach a subgraph in a separate process: it receives the gateway's own headers and no others", async () => {
    const answer = await ask(gateway);
    expect(await answer.json()).toEqual({ data: { users: { totalCount: 0 } } });
    expect(received).toHaveLength(1);
    const { headers = {}, body = "" } = received[0] ?? {};
    expect(Object.keys(headers).toSorted()).toEqual([
      "connection",
      "content-length",
      "content-type",
      "host",
      "x-novacron-context",
      "x-novacron-signature",
    ]);
    expect(Object.values(headers).every((values) => values?.length === 1)).toBe(true);
    const verified = verifyContext(callerKeys("gateway", keys, "auth"), "auth", headers, body);
    expect(verified).toMatchObject({ context: { identity: ours } });
    expectNothingOfTheClients([headers, verified, body]);
  });
});

describe("attack 24: a subgraph in the gateway's process", () => {
  it("receives the very identity that the gateway resolved, whatever the client sends", async () => {
    const contexts: RequestContext[] = [];
    const requests: unknown[] = [];
    const auth = {
      name: "auth",
      execute: async (request, context) => {
        requests.push(request);
        contexts.push(context);
        return { data: { users: { totalCount: 0 } } };
      },
    } as Pick<Subgraph, "name" | "execute"> as Subgraph;
    const gateway = await start(inProcess([auth]));
    try {
      expect(await (await ask(gateway)).json()).toEqual({ data: { users: { totalCount: 0 } } });
    } finally {
      await gateway.close();
    }
    expect(contexts).toHaveLength(1);
    // The object is the same one. It was never serialized, so a client could not have written any text of it.
    expect(contexts[0]?.identity).toBe(ours);
    expectNothingOfTheClients([contexts, requests]);
  });
});

function expectNothingOfTheClients(seen: unknown): void {
  const text = JSON.stringify(seen);
  for (const sent of [mark, theirs.id, theirs.tenantId, "203.0.113.66"]) expect(text).not.toContain(sent);
}
