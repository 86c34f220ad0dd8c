import { describe, expect, it } from "vitest";
import { fleetOf } from "#tests/graph/rows.ts";
import type { TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { RawClient } from "#tests/live/raw-client.ts";
import { until } from "#tests/live/until.ts";
import { accountsOf } from "./accounts.ts";
import { bearer, namesIn, refusalOf, vmSubscribersOf } from "./vm-subscribers.ts";

/** Declares the tests of the tickets with which clients connect. */
export function connectionTicketsSuite(product: () => TestProduct): void {
  const ours = fleetOf(1);
  const { newUser, tokenOf } = accountsOf(product, ours.tenantId);
  const { ticketOf, listening, events, flip } = vmSubscribersOf(product);

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
      const clients = Array.from({ length: 20 }, () => new RawClient(product().url));
      await Promise.all(clients.map((client) => client.send({ type: "connection_init", payload: { ticket } })));
      await until(() =>
        clients.every((client) => client.closed !== undefined || client.of("connection_ack").length > 0),
      );
      expect(clients.filter(({ closed }) => closed === undefined)).toHaveLength(1);
      expect(new Set(clients.flatMap(({ closed }) => closed?.code ?? []))).toEqual(new Set([4403]));
      expect(await refusalOf(events(ticket))).toBe("UNAUTHENTICATED");
    });

    it("is valid for a minute, and only as long as the session that requested it", async () => {
      const token = await tokenOf(await newUser());
      const [late, unused] = [await ticketOf(token), await ticketOf(token)];
      await asOwner(
        product().urls.url("auth"),
        (owner) => owner`update connection_tickets set expires_at = expires_at - interval '1 minute'`,
      );
      expect(await refusalOf(events(late))).toBe("UNAUTHENTICATED");
      const outlived = await ticketOf(token);
      await product().ask("mutation { signOut { session { id } } }", {}, token);
      for (const ticket of [outlived, unused]) expect(await refusalOf(events(ticket))).toBe("UNAUTHENTICATED");
      const [left] = await asOwner(
        product().urls.url("auth"),
        (owner) => owner`select count(*)::int as tickets from connection_tickets where tenant_id = ${ours.tenantId}`,
      );
      // Creating the last ticket removed the expired ones that were never used.
      expect(left).toEqual({ tickets: 0 });
    });

    it("is refused for any other kind of request", async () => {
      const ticket = await ticketOf(await tokenOf(await newUser()));
      expect((await product().ask("{ me { id } }", {}, ticket)).status).toBe(401);
      const asParameter = await fetch(`${product().url}?${new URLSearchParams({ query: "{ me { id } }", ticket })}`);
      expect(await asParameter.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
      const { status, errors } = await product().ask("mutation { createConnectionTicket { ticket } }");
      expect([status, errors[0]?.extensions.code]).toEqual([200, "UNAUTHENTICATED"]);
    });

    it("also gives an open socket a new credential", async () => {
      const user = await newUser();
      const old = await tokenOf(user);
      const client = await listening(bearer(old));
      await client.send({ type: "ping", payload: { ticket: await ticketOf(await tokenOf(user)) } });
      await until(() => client.of("pong").length === 1);
      await product().ask("mutation { signOut { session { id } } }", {}, old);
      // By then the session that the socket began with has ended for every client that holds its token.
      await expect
        .poll(() => product().ask("{ me { id } }", {}, old), { timeout: 15_000 })
        .toMatchObject({ status: 401 });
      await flip(ours);
      await until(() => namesIn(client).length === 2);
      expect(client.closed).toBeUndefined();
    });
  });
}
