import type { IncomingMessage } from "node:http";
import { beforeEach, describe, expect, it } from "vitest";
import { hashOf } from "#gateway/documents/manifest.ts";
import { order } from "./orders.ts";
import { as, OrdersGateway, query } from "./orders-gateway.ts";

let gateway: OrdersGateway;
beforeEach(async () => {
  gateway = await OrdersGateway.started();
  return () => gateway.stop();
});

describe("server-sent events", () => {
  const events = (given: { headers?: Record<string, string>; text?: string; signal?: AbortSignal } = {}) =>
    fetch(`${gateway.url}?query=${encodeURIComponent(given.text ?? query)}`, {
      headers: { accept: "text/event-stream", authorization: "Bearer ann", ...given.headers },
      ...(given.signal ? { signal: given.signal } : {}),
    });
  /** Reads until a text arrives. */
  async function read(response: Response, end: string): Promise<string> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes(end)) return text;
    }
    return text;
  }

  it("send each event with its cursor as its id, and resume after Last-Event-ID", async () => {
    const response = await events();
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    gateway.log.append(order(1));
    const text = await read(response, '"number":1');
    expect(text).toMatch(/^id: \S+\n\nevent: next\nid: \S+\ndata: \{"data":\{"ordered":\{"number":1,/);
    const [cursor] = /(?<=^id: )\S+/m.exec(text) ?? [];
    gateway.log.append(order(2));
    const again = await read(await events({ headers: { "last-event-id": cursor ?? "" } }), '"number":2');
    expect(again.match(/"number":\d/g)).toEqual(['"number":1', '"number":2']);
    // With this id, a browser that reconnects again would resume before events that it has received.
    expect(again).not.toContain(`id: ${cursor}\n`);
  });

  it("answer a query once, and send complete", async () => {
    const text = await (await events({ text: "{ order { number } }" })).text();
    expect(text).toBe('event: next\ndata: {"data":{"order":{"number":7}}}\n\nevent: complete\ndata:\n\n');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a query that does not match the schema", { query: "{nope}" }, "GRAPHQL_VALIDATION_FAILED"],
    [
      "a subscription that does not match the schema",
      { query: "subscription { nothing }" },
      "GRAPHQL_VALIDATION_FAILED",
    ],
    ["an invalid document", { query: "subscription {" }, "GRAPHQL_PARSE_FAILED"],
    ["no document", {}, "BAD_REQUEST"],
    ["a query that is not a string", { query: 1 }, "BAD_REQUEST"],
    ["an unknown document id", { documentId: hashOf("x") }, "DOCUMENT_UNKNOWN"],
    ["an invalid cursor", { query, extensions: { after: "x" } }, "POSITION_INVALID"],
    ["a request that is too large", { query: `${query} #${"x".repeat(300_000)}` }, "PAYLOAD_TOO_LARGE"],
  ])("case G15: are refused in a stream if the client accepts one: %s", async (_what, body, code) => {
    const headers = { accept: "text/event-stream", "content-type": "application/json", ...as() };
    const response = await fetch(gateway.url, { method: "POST", headers, body: JSON.stringify(body) });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    const [, data = ""] = /^event: next\ndata: (.*)\n\nevent: complete\ndata:\n\n$/.exec(await response.text()) ?? [];
    expect(JSON.parse(data)).toEqual({
      errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) as unknown })],
    });
  });

  it("case G15: are refused by status where no stream is possible: for another method, and for a page of another site", async () => {
    for (const method of ["PUT", "DELETE"]) {
      const response = await fetch(gateway.url, { method, headers: { accept: "text/event-stream", ...as() } });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
    }
    expect((await events({ headers: { origin: "https://evil.example" } })).status).toBe(403);
  });

  it("case G15: an invalid credential is refused in the stream, with the headers for it", async () => {
    const response = await events({ headers: { authorization: "Bearer nobody" } });
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([200, "Bearer"]);
    expect(await response.text()).toContain('"code":"UNAUTHENTICATED"');
    gateway.authIsDown = true;
    const later = await events();
    expect([later.status, later.headers.get("retry-after")]).toEqual([200, "1"]);
    expect(await later.text()).toContain('"code":"AUTH_UNAVAILABLE"');
  });

  it("end when the credential becomes invalid, and leave nothing behind when the client disconnects", async () => {
    const response = await events();
    gateway.users.delete("ann");
    expect(await response.text()).toMatch(/^id: \S+\n\n$/);
    gateway.users.set("ann", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    const leaving = new AbortController();
    await events({ signal: leaving.signal });
    leaving.abort();
  });

  it("of a client that disconnects while it is identified never begin, and do not count for its user", async () => {
    await gateway.stop();
    let identified: () => void = () => undefined;
    const identifying: Promise<IncomingMessage> = new Promise((arrive) => {
      const answered = new Promise<void>((resolve) => (identified = resolve));
      gateway.identifies = (request) => {
        arrive(request);
        return answered;
      };
    });
    await gateway.start({ socketsByUser: 1 });
    const leaving = new AbortController();
    const left = events({ signal: leaving.signal }).catch(() => undefined);
    const { socket } = await identifying;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    leaving.abort();
    await Promise.all([left, closed]);
    gateway.identifies = async () => undefined;
    identified();
    const next = await events();
    gateway.log.append(order(1));
    expect(await read(next, '"number":1')).toContain('"number":1');
  });
});
