import type { GraphQLResolveInfo } from "graphql";
import type { EventPosition } from "./event-position.ts";

/** An event of a subgraph's own database, as its log tells it. */
export interface LiveEvent {
  /** Where it stands in the log. */
  transaction: number;
  id: number;
  type: string;
  entityKey: string;
  /** Counts the writes of the entity; 0 where nobody counts. */
  entityVersion: number;
  /** ISO 8601. */
  occurredAt: string;
  payload: Readonly<Record<string, unknown>>;
}

export interface LiveBatch {
  /** Empty when nothing that is wanted came for a while. */
  events: readonly LiveEvent[];
  /** After the last event. */
  position: EventPosition;
}

export interface LiveFollowOptions {
  types: readonly string[];
  tenantId: string;
  tellStart: boolean;
  idleMs: number;
  signal: AbortSignal;
}

/** The log of a subgraph's database, which its live fields are followed from: one for all subscriptions of a process. */
export interface LiveLog {
  /** After everything that is settled now. */
  head(): Promise<EventPosition>;
  /**
   * The events after a position and all that come, until the signal.
   * @throws PublicError POSITION_INVALID, POSITION_EXPIRED
   */
  follow(start: EventPosition | "now", options: LiveFollowOptions): AsyncIterable<LiveBatch>;
}

/** A field of `Subscription`: which events it tells of, and what it says of each. */
export interface LiveField<Args, Context, Told, Value> {
  /** The events that it tells of. */
  types: readonly string[];
  /** Whether its events are the platform's, because what they tell of belongs to no tenant, and not those of the caller's tenant. */
  ofPlatform?: boolean;
  /**
   * What an event tells a subscriber with these arguments, found without asking anybody: nothing, one thing, or, of a field that conflates, the
   * keys of all that changed.
   * @throws PublicError BAD_USER_INPUT for arguments that do not fit
   */
  tell(args: Args): (event: LiveEvent) => readonly Told[];
  /** What has to be asked before it is known whether something is told; everything is without it. */
  admits?(told: Told, args: Args, context: Context): Promise<boolean>;
  resolve(told: Told, args: Args, context: Context, info: GraphQLResolveInfo): Value | Promise<Value>;
  /** Of a field that tells only the newest of each key: how often at most, in milliseconds. @throws PublicError BAD_USER_INPUT */
  everyMs?(args: Args): number;
}

/** Fields by name, of whatever arguments: each is only ever called with what it has made itself. */
export type LiveFields<Context> = Readonly<Record<string, LiveField<never, Context, unknown, unknown>>>;
