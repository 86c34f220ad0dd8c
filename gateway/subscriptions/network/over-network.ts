import type { CallSigner } from "#lib/trust/call-keys.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { signSubscription } from "#lib/trust/signed-subscription.ts";
import type { SubscriptionRequest } from "#lib/live/subscription.ts";
import type { SubscribePayload } from "#lib/transport-ws/messages.ts";
import { CallFailure } from "../../transport/call-failure.ts";
import type { SubscriptionSource } from "../source.ts";
import { follow } from "./follow.ts";
import { type NetworkLimits, networkLimits } from "./limits.ts";
import { SubgraphAddress } from "./subgraph-address.ts";

/** A source whose subgraphs may move while it runs. */
export interface NetworkSource extends SubscriptionSource {
  /** Sets new URLs of the subgraphs: running subscriptions resume there. */
  readdress(urls: Readonly<Record<string, string>>): void;
}

/** How long the signature of a subscription is valid, in milliseconds: until it has arrived. */
const arrivalMs = 5_000;
/** The query that requests only the current position of a subgraph. */
const positionOnly = "";

/**
 * Subscribes to subgraphs over WebSockets. Each subgraph has one connection while there are subscriptions to it; every subscription is signed separately.
 * After a lost connection, subscriptions resume where they were.
 * @param urls the same as for calls over HTTP
 * @param signer undefined for foreign subgraphs: they do not receive the caller's identity, and their subscriptions without positions end when the
 * connection breaks
 */
export function overNetwork(
  urls: Readonly<Record<string, string>>,
  signer: CallSigner | undefined,
  given: Partial<NetworkLimits> = {},
): NetworkSource {
  const limits = { ...networkLimits, ...given };
  const addresses = new Map<string, SubgraphAddress>();
  const closing = new Set<Promise<void>>();
  const forget = (name: string, address: SubgraphAddress): void => {
    addresses.delete(name);
    const closed = address.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const readdress = (next: Readonly<Record<string, string>>): void => {
    for (const [name, address] of addresses) if (next[name] !== address.url) forget(name, address);
    for (const [name, url] of Object.entries(next))
      if (!addresses.has(name)) addresses.set(name, new SubgraphAddress(url, limits));
  };
  readdress(urls);

  const followSubgraph = (
    name: string,
    { query, variables, after, numbersOf }: SubscriptionRequest,
    context: RequestContext,
    signal: AbortSignal,
    attempts = limits.attempts,
  ) =>
    follow(
      {
        address: () => {
          const address = addresses.get(name);
          if (!address) throw new CallFailure("unreachable", `Subgraph ${name} has no URL.`);
          return address;
        },
        payload: (last) => payloadOf(signer, name, { query, variables, after: last }, context),
        after,
        numbersOf,
        isOurs: signer !== undefined,
        limits: { ...limits, attempts },
      },
      signal,
    );
  return {
    subscribe: (name, request, context, signal) => followSubgraph(name, request, context, signal),
    readdress,
    position: async (name, context, signal) => {
      if (!signer) return undefined;
      signal.throwIfAborted();
      const ending = new AbortController();
      const end = () => ending.abort();
      const timer = setTimeout(end, Math.min(limits.positionMs, context.deadline - Date.now()));
      signal.addEventListener("abort", end);
      try {
        const request = { query: positionOnly };
        for await (const [event] of followSubgraph(name, request, context, ending.signal, limits.positionAttempts))
          if (event?.position !== undefined) return event.position;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
      }
      signal.throwIfAborted();
      throw ending.signal.aborted
        ? new CallFailure("timed out", `Subgraph ${name} did not send its position in time.`)
        : new CallFailure("unusable", `Subgraph ${name} did not send its position.`);
    },
    close: async () => {
      for (const [name, address] of addresses) forget(name, address);
      await Promise.all(closing);
    },
  };
}

function payloadOf(
  signer: CallSigner | undefined,
  audience: string,
  request: SubscriptionRequest,
  context: RequestContext,
): SubscribePayload {
  const { query, variables, after } = request;
  // A resumed subscription is much older than the request that it began with.
  const current = { ...context, deadline: Date.now() + arrivalMs };
  const extensions = signer
    ? { ...signSubscription(signer, { audience, context: current }, request) }
    : after === undefined
      ? undefined
      : { after };
  return { query, ...(variables ? { variables } : {}), ...(extensions ? { extensions } : {}) };
}
