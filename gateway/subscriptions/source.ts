import { withDoubles } from "#lib/exact-json.ts";
import type { RequestContext } from "#lib/request-context.ts";
import type { Subgraph } from "#lib/subgraph.ts";
import type { Subscription, SubscriptionRequest } from "#lib/subscription.ts";
import { CallFailure } from "../transport/call-failure.ts";

/** How the gateway follows a subgraph: in the same process, or over the network. */
export interface SubscriptionSource {
  subscribe(subgraph: string, request: SubscriptionRequest, context: RequestContext, signal: AbortSignal): Subscription;
  /** Where the subgraph's log stands now; undefined of one that cannot resume. */
  position(subgraph: string, context: RequestContext, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Follows subgraphs of this process: no socket and no text between. */
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
