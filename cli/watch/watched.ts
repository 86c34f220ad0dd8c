import type { SubscribePayload } from "graphql-ws";
import type { Row } from "./rows.ts";

/** What is watched: a query for what is now, and the subscriptions that tell what changes. */
export interface Watched {
  now: SubscribePayload;
  /** What is now, as the lines that people see. */
  rowsOfNow(now: unknown): Row[];
  changes: readonly Changes[];
}

export interface Changes {
  payload: SubscribePayload;
  /** One change, as a line. */
  rowOf(change: unknown): Row;
}
