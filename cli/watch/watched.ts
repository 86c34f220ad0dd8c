import type { SubscribePayload } from "graphql-ws";
import type { Row } from "./rows.ts";

/** A query for the current state, and the subscriptions that deliver its changes. */
export interface Watched {
  now: SubscribePayload;
  /** Returns the current state as the lines that users see. */
  rowsOfNow(now: unknown): Row[];
  changes: readonly Changes[];
}

export interface Changes {
  payload: SubscribePayload;
  /** Returns one change as a line. */
  rowOf(change: unknown): Row;
}
