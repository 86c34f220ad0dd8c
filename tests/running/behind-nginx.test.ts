import { readFileSync } from "node:fs";
import { createClient } from "graphql-ws";
import { Agent, fetch, type RequestInit } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { asset } from "#lib/assets.ts";
import { makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { type Nginx, nginxProgram, startNginx } from "#tests/harness/nginx.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { id, move, runningFleet, tenantId } from "#tests/live/running-fleet.ts";

/** The block of the page, as users copy it. */
const page = readFileSync(asset("docs/behind-a-proxy.md"), "utf8");
const block = /```nginx\n([\s\S]*?)```/.exec(page)?.[1] ?? "";

const subscription = "subscription { vmStateChanged { fromState toState vm { id } } }";
const change = { fromState: "RUNNING", toState: "PAUSED", vm: { id: id("vm", 1) } };
const query = (text: string) => ({ method: "POST", body: JSON.stringify({ query: text }) });

describe.skipIf(!nginxProgram)(
  "case G39: behind nginx with the block of docs/behind-a-proxy.md (skipped without nginx or NOVACRON_NGINX, and openssl)",
  () => {
    let product: TestProduct;
    let nginx: Nginx;
    let agent: Agent;
    let user: TestUser;
    let token: string;

    const ask = (init: RequestInit, headers: Record<string, string> = {}) =>
      fetch(`${nginx.url}/graphql`, {
        dispatcher: agent,
        ...init,
        headers: {
          "content-type": "application/json",
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
      });

    beforeAll(async () => {
      product = await bootProduct({ authenticates: true, behindProxy: true, withEvents: true });
      await runningFleet(product, 2);
      nginx = await startNginx(block, { "127.0.0.1:4000": new URL(product.url).host });
      agent = new Agent({ connect: { ca: nginx.certificate } });
      user = await makeUser(product.databases.auth, { tenantId });
      const input = { login: user.email, password: user.password };
      const body = {
        query: "mutation ($input: SignInInput!) { signIn(input: $input) { token } }",
        variables: { input },
      };
      // The client connects from 127.0.0.2, so that its address differs from the proxy's. The header that it sends is not its address.
      const from = new Agent({ connect: { ca: nginx.certificate }, localAddress: "127.0.0.2" });
      const answer = await ask(
        { method: "POST", body: JSON.stringify(body), dispatcher: from },
        { "x-forwarded-for": "192.0.2.66" },
      );
      token = ((await answer.json()) as { data: { signIn: { token: string } } }).data.signIn.token;
      await from.close();
    });
    afterAll(async () => {
      await agent?.close();
      await nginx?.stop();
      await product?.stop();
    });

    it("a query is answered, and the client's address is in the audit log and on the session", async () => {
      expect(await (await ask(query("{ me { id } }"))).json()).toEqual({ data: { me: { id: user.id } } });
      const addresses = await asOwner(
        product.urls.url("auth"),
        (owner) => owner`
          select host(ip_address) as address from auth_audit_log where user_id = ${user.id}
          union all select host(ip_address) from user_sessions where user_id = ${user.id}`,
      );
      expect([...addresses]).toEqual([{ address: "127.0.0.2" }, { address: "127.0.0.2" }]);
    });

    it("a subscription over a WebSocket receives its events, also for a page of the proxy's own site", async () => {
      const { certificate, url } = nginx;
      const client = createClient({
        url: `${url.replace("https", "wss")}/graphql`,
        webSocketImpl: class extends WebSocket {
          constructor(address: string, protocols: string[]) {
            super(address, protocols, { ca: certificate, origin: url });
          }
        },
        connectionParams: { authorization: `Bearer ${token}` },
        on: { error: () => undefined },
      });
      const { extensions } = (await (
        await ask({ method: "POST", body: JSON.stringify({ query: "{ __typename }", extensions: { cursor: true } }) })
      ).json()) as { extensions: { cursor: string } };
      const events = client.iterate({ query: subscription, extensions: { after: extensions.cursor } });
      await move(product, { vmId: id("vm", 1), from: "running", to: "paused" });
      const { value } = await events.next();
      expect(value).toMatchObject({ data: { vmStateChanged: change } });
      await client.dispose();
    });

    it("a stream of server-sent events sends each event at once", async () => {
      const response = await ask(query(subscription), { accept: "text/event-stream" });
      expect(response.headers.get("content-type")).toContain("text/event-stream");
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      let text = "";
      const until = async (wanted: string) => {
        while (!text.includes(wanted)) text += Buffer.from((await reader.read()).value ?? []).toString();
      };
      await until("\n\n");
      await move(product, { vmId: id("vm", 2), from: "running", to: "paused" });
      await until(id("vm", 2));
      expect(text).toContain('"toState":"PAUSED"');
      await reader.cancel();
    });

    it("a page of another site is refused, and a body that is too large gets the gateway's own response", async () => {
      expect((await ask(query("{ me { id } }"), { origin: "https://elsewhere.example" })).status).toBe(403);
      const large = await ask(query(`{ me { id } } # ${"x".repeat(300_000)}`));
      expect(large.status).toBe(413);
      expect(await large.text()).toContain("PAYLOAD_TOO_LARGE");
    });
  },
);
