import { withDoubles } from "#lib/exact-json.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import type { Subscription, SubscriptionRequest } from "#lib/live/subscription.ts";
import { CallFailure } from "../transport/call-failure.ts";

/** How the gateway subscribes to a subgraph: in the same process, or over the network. */
export interface SubscriptionSource {
  subscribe(subgraph: string, request: SubscriptionRequest, context: RequestContext, signal: AbortSignal): Subscription;
  /** Returns the current position of the subgraph's log; undefined for a subgraph that cannot resume. */
  position(subgraph: string, context: RequestContext, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Subscribes to subgraphs of this process, without sockets and without serialization. */
export function inProcessSource(subgraphs: readonly Subgraph[]): SubscriptionSource {
  const byName = new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph.subscriptions]));
  const named = (name: string) => {
    const found = byName.get(name);
    if (!found) throw new CallFailure("unusable", `Subgraph ${name} has no subscriptions.`);
    return found;
  };
  return {
    subscribe: (name, request, context, signal) =>
      named(name).subscribe({ ...request, variables: withDoubles(request.variables) }, context, signal),
    position: async (name, _context, signal) => byName.get(name)?.position(signal),
    close: async () => undefined,
  };
}
