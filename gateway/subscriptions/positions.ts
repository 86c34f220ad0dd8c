import { PublicError } from "#lib/errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { GatewayContext } from "../gateway.ts";
import { cursorText, parseCursor } from "./cursor.ts";
import type { RequestedSubscription } from "./requested-subscription.ts";
import type { SubscriptionSource } from "./source.ts";
import { subscriptionFailure } from "./subscription-failure.ts";

const positionMs = 5_000;

/**
 * Returns the current position of a subgraph; undefined for one that cannot resume.
 * @throws PublicError
 */
async function currentPosition(
  source: SubscriptionSource,
  subgraph: string,
  context: RequestContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await source.position(subgraph, context, signal);
  } catch (error) {
    throw subscriptionFailure(subgraph, error);
  }
}

/**
 * Returns the current position of the subgraph of a subscription; undefined for one that cannot resume.
 * @throws PublicError
 */
export const positionFor = (
  source: SubscriptionSource,
  subgraph: string,
  { identity }: Pick<RequestedSubscription, "identity">,
): Promise<string | undefined> =>
  currentPosition(
    source,
    subgraph,
    { identity, requestId: "", deadline: Date.now() + positionMs },
    new AbortController().signal,
  );

/**
 * Returns the position of a subgraph in a subscriber's cursor; undefined where the subscription begins now.
 * @throws PublicError POSITION_INVALID
 */
export async function positionIn(
  source: SubscriptionSource,
  subgraph: string,
  requested: RequestedSubscription,
): Promise<string | undefined> {
  if (requested.after === undefined) return undefined;
  const after = parseCursor(requested.identity.tenantId, requested.after)[subgraph];
  // No cursor has a position of a subgraph that cannot resume. For another subgraph, to begin now would lose the events since the cursor.
  if (after === undefined && (await positionFor(source, subgraph, requested)) !== undefined)
    throw new PublicError("POSITION_INVALID", "This cursor belongs to another subscription.");
  return after;
}

/**
 * Returns the cursor of the current positions of these subgraphs.
 * @throws PublicError
 */
export async function currentCursor(
  source: SubscriptionSource,
  subgraphs: readonly string[],
  { signal, ...context }: GatewayContext,
): Promise<string> {
  const positions: Record<string, string> = {};
  await Promise.all(
    subgraphs.map(async (subgraph) => {
      const position = await currentPosition(source, subgraph, context, signal);
      if (position !== undefined) positions[subgraph] = position;
    }),
  );
  return cursorText(context.identity.tenantId, positions);
}
