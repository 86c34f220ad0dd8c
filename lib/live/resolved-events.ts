import { type ErrorCode, isRetryable, PublicError } from "../errors.ts";
import { log } from "../observability/log.ts";
import { pause } from "../pause.ts";
import type { RequestContext } from "../trust/request-context.ts";
import type { LiveEntry } from "./emitted-batches.ts";
import type { LiveSubgraph } from "./live-subgraph.ts";
import type { SubscribedField } from "./subscribed-field.ts";
import type { SubscriptionEvent } from "./subscription.ts";

/** The time that the events of one moment may take, in milliseconds. */
export const momentMs = 10_000;
const retryMs = 250;
/** The number of attempts for an event that takes too long. */
const mostAttempts = 3;

/**
 * Resolves the entries, all in one context and in one tick, so that their queries are batched. They are late while the database is unavailable.
 * @returns undefined after the signal
 */
export async function resolvedEvents<Context>(
  subgraph: LiveSubgraph<Context>,
  subscribed: SubscribedField<Context>,
  entries: readonly LiveEntry[],
  caller: RequestContext,
  signal: AbortSignal,
): Promise<SubscriptionEvent[] | undefined> {
  const { field, args, execute, variables } = subscribed;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const request = { ...caller, deadline: Date.now() + momentMs };
    try {
      return await subgraph.opened(request, signal, async (context) => {
        const results = await Promise.all(
          entries.map(async ({ value: root, position, dropped }) => {
            if (field.admits && !(await field.admits(root, args, context))) return undefined;
            const result = await execute(context, variables, root);
            const passing = result.errors?.find(({ originalError }) => willPass(originalError, attempt));
            if (passing) throw passing.originalError;
            // A slow reader, too, only needs the newest event of each key.
            const replaces = field.everyMs ? String(root) : undefined;
            return { position, result, ...(dropped > 0 ? { dropped } : {}), ...(replaces ? { replaces } : {}) };
          }),
        );
        // Work that the signal interrupted has failed without a reason that a client should see.
        return signal.aborted
          ? undefined
          : results
              .filter((each) => each !== undefined)
              .map(({ result, ...each }) => ({ ...each, result: subgraph.withPublicErrors(result, request) }));
      });
    } catch (error) {
      if (!willPass(error, attempt)) throw error;
      log.subgraph.debug({ err: error, subgraph: subgraph.name }, "events are delayed: their database does not answer");
      await pause(retryMs, signal);
    }
  }
  return undefined;
}

const ofTheDatabase: ReadonlySet<ErrorCode> = new Set(["DATABASE_UNAVAILABLE", "OVERLOADED"]);

/** Returns whether another attempt makes sense: always for the database's state, a few times when the query itself may be the cause. */
const willPass = (error: unknown, attempt: number): boolean =>
  error instanceof PublicError &&
  (ofTheDatabase.has(error.code) || (isRetryable(error.code) && attempt < mostAttempts));
