import { withBulkhead } from "./bulkhead.ts";
import { withCircuitBreaker } from "./circuit-breaker.ts";
import { withDeadline } from "./deadline.ts";
import { withDeduplication } from "./deduplication.ts";
import { type TransportLimits, transportLimits } from "./limits.ts";
import { observed, type TransportObserver } from "./observer.ts";
import { withPublicFailures } from "./public-failures.ts";
import { withRetry } from "./retry.ts";
import { traced, tracing } from "./traced.ts";
import type { Transport } from "./transport.ts";

/**
 * Wraps a transport in every guard, the outermost last: a call passes them from below. A subgraph that is dead, hung or slow costs its own fields and, from
 * the third call on, no time.
 */
export function guarded(
  transport: Transport,
  given: Partial<TransportLimits> = {},
  measures: TransportObserver = {},
): Transport {
  const observer = tracing(measures);
  const limits = { ...transportLimits, ...given };
  const shared = withDeduplication(transport, limits, observer);
  const retried = withRetry(shared, limits, observer);
  const bounded = withBulkhead(retried, limits);
  const broken = withCircuitBreaker(bounded, limits, observer);
  const timed = withDeadline(broken, limits);
  return traced(withPublicFailures(observed(timed, observer)));
}
