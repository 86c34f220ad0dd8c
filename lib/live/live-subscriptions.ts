import { PublicError } from "../errors.ts";
import { log } from "../observability/log.ts";
import { pause } from "../pause.ts";
import { platformTenantId } from "../trust/platform-tenant.ts";
import { type RequestContext, requirePermission } from "../trust/request-context.ts";
import { everyEvent, newestOfEach } from "./emitted-batches.ts";
import { type EventPosition, invalidPosition, parsePosition, positionText } from "./event-position.ts";
import type { LiveSubgraph } from "./live-subgraph.ts";
import { momentMs, resolvedEvents } from "./resolved-events.ts";
import { type SubscribedField, subscribedField } from "./subscribed-field.ts";
import type { Subscribable, SubscriptionEvent, SubscriptionRequest } from "./subscription.ts";

/** The time without events after which the position is emitted. */
const idleMs = 15_000;
/** The same while events arrive that the field does not emit. */
const busyIdleMs = 5_000;
/** The number of events that are executed at once. */
const atOnce = 500;

/** Returns the subscriptions of a subgraph: each event that a field emits is the root of one execution of the document. */
export function liveSubscriptions<Context>(subgraph: LiveSubgraph<Context>): Subscribable {
  return {
    position: async (signal) => {
      signal.throwIfAborted();
      const head = subgraph.log.head();
      await pause(momentMs, signal, head);
      signal.throwIfAborted();
      return positionText(await head);
    },
    subscribe: (request, context, signal) => follow(subgraph, request, context, signal),
  };
}

async function* follow<Context>(
  subgraph: LiveSubgraph<Context>,
  request: SubscriptionRequest,
  context: RequestContext,
  signal: AbortSignal,
): AsyncGenerator<readonly SubscriptionEvent[], void, void> {
  const { name } = subgraph;
  try {
    const subscribed = subscribedField(subgraph, request);
    for (const needs of subgraph.needs(subscribed.definition)) requirePermission(context.identity, needs);
    let reached: string | undefined;
    let emittedAt = -Infinity;
    for await (const moment of momentsOf(subgraph, subscribed, request, context, signal)) {
      let isEmitted = false;
      for (let start = 0; start < moment.entries.length; start += atOnce) {
        const chunk = moment.entries.slice(start, start + atOnce);
        const results = await resolvedEvents(subgraph, subscribed, chunk, context, signal);
        if (!results) return;
        if (results.length === 0) continue;
        const isLast = start + atOnce >= moment.entries.length;
        // Of events that are emitted together, only the last one is after all of them.
        yield results.map(({ position, ...rest }, index) => ({
          ...rest,
          position: position ?? (isLast && index === results.length - 1 ? moment.reached : reached),
        }));
        isEmitted = true;
      }
      if (!isEmitted && moment.busy && performance.now() - emittedAt < busyIdleMs) continue;
      if (!isEmitted) yield [{ position: moment.reached }];
      ({ reached } = moment);
      emittedAt = performance.now();
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof PublicError) throw error;
    log.subgraph.error({ err: error, subgraph: name, requestId: context.requestId }, "a subscription failed");
    throw new PublicError("INTERNAL_SERVER_ERROR", `The service failed (request ${context.requestId}).`);
  }
}

function momentsOf<Context>(
  { name, log: of }: LiveSubgraph<Context>,
  { field, args }: SubscribedField<Context>,
  { after }: SubscriptionRequest,
  { identity }: RequestContext,
  signal: AbortSignal,
) {
  const valuesOf = field.valuesFor(args);
  const everyMs = field.everyMs?.(args);
  const start = after === undefined ? "now" : ownPosition(after, name);
  const options = {
    types: field.types,
    tenantId: field.ofPlatform ? platformTenantId : identity.tenantId,
    emitStart: true,
    idleMs,
  };
  const from = (until: AbortSignal) => of.follow(start, { ...options, signal: until });
  return everyMs === undefined
    ? everyEvent(from(signal), valuesOf, name)
    : newestOfEach(from, valuesOf, everyMs, signal);
}

/**
 * Returns the position of one database.
 * @throws PublicError POSITION_INVALID
 */
function ownPosition(text: string, name: string): EventPosition {
  const own = parsePosition(text)[name];
  if (!own) throw invalidPosition(`it has no position of the ${name} database`);
  return { [name]: own };
}
