import { createGateway } from "#gateway/create-gateway.ts";
import type { Gateway } from "#gateway/gateway.ts";
import type { SubscriptionSource } from "#gateway/subscriptions/source.ts";
import { Subscriber } from "#gateway/subscriptions/stream.ts";
import { textOf, type EmittedEvent } from "#gateway/subscriptions/emitted-event.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { compose, orders } from "./orders.ts";

/** A subscriber of a gateway that has no server, with what it has received. */
class Listener extends Subscriber {
  readonly received: {
    data: unknown;
    errors?: { path: unknown; extensions: { code: string } }[];
    extensions: unknown;
  }[] = [];
  readonly cursors: (string | undefined)[] = [];
  ended: readonly unknown[] | undefined;
  readonly ready = undefined;

  emit(event: EmittedEvent): void {
    this.cursors.push(event.cursor);
    if (event.head !== undefined)
      this.received.push(JSON.parse(textOf(event, event.dropped)) as (typeof this.received)[number]);
  }

  end(errors: readonly unknown[] = []): void {
    this.ended = errors;
  }

  get numbers(): unknown[] {
    return this.received.map(({ data }) => (data as { ordered: { number: number } }).ordered.number);
  }
}

export const user = (tenant: string, permissions: string[] = []): Identity => ({
  kind: "user",
  id: `user of ${tenant}`,
  tenantId: tenant,
  permissions,
});

export const gatewayOver = (subscriptions: SubscriptionSource, transport: Transport): Gateway =>
  createGateway({
    supergraphSdl: compose(orders),
    subscriptions,
    transport,
    introspection: true,
    planning: "this thread",
  });

export const query = "subscription { ordered { number by { name } } }";

export const contextOf = (identity: Identity) => ({
  identity,
  requestId: "r",
  deadline: Date.now() + 5_000,
  signal: new AbortController().signal,
});

export interface Subscribing {
  after?: unknown;
  text?: string;
  as?: Identity;
}

/** Sends a subscription to orders, by default by a user of tenant one. */
export async function subscribeTo(gateway: Gateway, { after, text = query, as = user("one") }: Subscribing = {}) {
  const listener = new Listener();
  const extensions = after === undefined ? undefined : { after };
  const answer = await gateway.subscribe({ query: text, extensions }, contextOf(as), listener);
  if (!answer) throw new Error("The request is not a subscription.");
  return { listener, answer, cursor: "cursor" in answer ? answer.cursor : undefined };
}
