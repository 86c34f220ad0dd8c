import { SpanKind } from "@opentelemetry/api";
import type { ExecutionResult } from "graphql";
import type { SubscriptionEvent } from "#lib/live/subscription.ts";
import { log } from "#lib/observability/log.ts";
import { inTraceOf, requestSpan } from "#lib/observability/tracing.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import type { CallSubgraph } from "../execution/run.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import { answerErrors } from "../requests/answer-errors.ts";

/** Runs the work for the events of one moment in a separate trace, not in that of the client that happened to subscribe first. */
export const eventsSpan = <T>(
  subgraph: string,
  events: readonly SubscriptionEvent[],
  work: () => Promise<T>,
): Promise<T> => {
  const attributes = { "novacron.subgraph": subgraph, "novacron.events": events.length };
  return inTraceOf(undefined, () =>
    requestSpan(`events of ${subgraph}`, { kind: SpanKind.CONSUMER, attributes }, work),
  );
};

/** Executes the rest of an operation for one event, and returns the response as JSON up to its extensions. */
export async function headOf(
  operation: CompiledOperation,
  result: ExecutionResult,
  { variables, call, requestId }: { variables: Variables; call: CallSubgraph; requestId: string },
): Promise<string> {
  try {
    const { json, errors } = await operation.executeEvent(result, variables, call);
    const errorsJson = errors.length > 0 ? `"errors":${JSON.stringify(answerErrors(errors, requestId))},` : "";
    return `{${errorsJson}"data":${json}`;
  } catch (error) {
    log.gateway.error({ err: error, requestId }, "an event of a subscription failed");
    return `{"errors":${JSON.stringify(answerErrors([error], requestId))},"data":null`;
  }
}
