import type { SubscriptionEvent, SubscriptionRequest } from "#lib/live/subscription.ts";
import type { SubscribePayload } from "#lib/transport-ws/messages.ts";
import { CallFailure } from "../../transport/call-failure.ts";
import { type Ending, Inbox } from "./inbox.ts";
import type { NetworkLimits } from "./limits.ts";
import type { SubgraphAddress } from "./subgraph-address.ts";

export interface Follow {
  /**
   * Returns the current address of the subgraph.
   * @throws CallFailure "unreachable" when it has none
   */
  address(): SubgraphAddress;
  /** Returns the payload of the subscription, created when it is sent. */
  payload(after: string | undefined): SubscribePayload;
  after: string | undefined;
  numbersOf: SubscriptionRequest["numbersOf"];
  /** Whether the subgraph sends positions. */
  isOurs: boolean;
  limits: NetworkLimits;
}

/**
 * Yields the events of a subscription, over as many connections as that takes: after a lost connection it resumes after the last received event.
 * @throws PublicError with which the subgraph refuses it; CallFailure "unreachable", "unusable"; "overloaded" for a subscription that cannot resume and
 * whose events arrived faster than they were taken
 */
export async function* follow(
  { address, payload, after, numbersOf, isOurs, limits }: Follow,
  signal: AbortSignal,
): AsyncGenerator<readonly SubscriptionEvent[]> {
  let last = after;
  let canResume = isOurs;
  let failures = 0;
  const goOn = (failure: CallFailure) => {
    failures += 1;
    if (!canResume || failures >= limits.attempts) throw failure;
  };
  while (!signal.aborted) {
    const link = await address()
      .open(signal)
      .catch((error: CallFailure) => goOn(error));
    if (!link) continue;
    const began = performance.now();
    const inbox: Inbox = new Inbox(limits, () => complete(), numbersOf);
    const complete = link.subscribe(payload(last), inbox);
    try {
      for (let batch = await inbox.take(signal); batch.length > 0; batch = await inbox.take(signal)) {
        if (signal.aborted) return;
        failures = 0;
        const position = batch.at(-1)?.position;
        canResume = position !== undefined;
        last = position;
        yield batch;
      }
    } finally {
      complete();
    }
    if (signal.aborted) return;
    // A connection without events was still healthy.
    if (performance.now() - began > limits.longestBackOffMs) failures = 0;
    if (endsHere(inbox.ending, canResume)) return;
    if (inbox.ending === "broken") goOn(new CallFailure("unreachable", "The connection broke."));
  }
}

/**
 * Returns whether the subscription has ended.
 * @throws the error with which it ends
 */
function endsHere(ending: Ending | undefined, canResume: boolean): boolean {
  if (ending === "completed") return true;
  if (ending === "full" && !canResume)
    throw new CallFailure("overloaded", "Events arrived faster than they were consumed.");
  if (typeof ending === "object") throw ending.failed;
  return false;
}
