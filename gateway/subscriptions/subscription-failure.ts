import { PublicError } from "#lib/errors.ts";
import { publicFailure } from "../transport/public-failures.ts";

/** Returns the error that a subscriber receives when its subscription ends. */
export function subscriptionFailure(subgraph: string, error: unknown): PublicError {
  if (!(error instanceof PublicError)) return publicFailure(subgraph, error);
  return error.code === "POSITION_EXPIRED"
    ? new PublicError(
        "RESYNC_REQUIRED",
        "Events after this cursor are no longer kept: query the current state, and subscribe again.",
      )
    : error;
}
