import type { GraphQLResolveInfo } from "graphql";
import type { EventPosition } from "./event-position.ts";

/** An event of a subgraph's own database, as in its log. */
export interface LiveEvent {
  /** Its position in the log. */
  transaction: number;
  id: number;
  type: string;
  entityKey: string;
  /** The version of the entity, which counts its writes; 0 where they are not counted. */
  entityVersion: number;
  /** ISO 8601. */
  occurredAt: string;
  payload: Readonly<Record<string, unknown>>;
}

export interface LiveBatch {
  /** Empty when no matching event came for a while. */
  events: readonly LiveEvent[];
  /** The position after the last event. */
  position: EventPosition;
}

export interface LiveFollowOptions {
  types: readonly string[];
  tenantId: string;
  emitStart: boolean;
  idleMs: number;
  signal: AbortSignal;
}

/** The log of a subgraph's database, the source of its live fields: one for all subscriptions of a process. */
export interface LiveLog {
  /** Returns the position after everything that is committed now. */
  head(): Promise<EventPosition>;
  /**
   * Yields the events after a position and all later ones, until the signal.
   * @throws PublicError POSITION_INVALID, POSITION_EXPIRED
   */
  follow(start: EventPosition | "now", options: LiveFollowOptions): AsyncIterable<LiveBatch>;
}

/** A method's type, because methods may be called with more than they declare: a field only ever receives events of its own types. */
type EventValues<Read extends LiveEvent, Emitted> = { of(event: Read): readonly Emitted[] }["of"];

/** A field of `Subscription`: the events that it emits, and the value of each. `Read` is the type of these events. */
export interface LiveField<Args, Context, Emitted, Value, Read extends LiveEvent = LiveEvent> {
  /** The types of events that it emits. */
  types: readonly Read["type"][];
  /** Whether its events are the platform's, because they belong to no tenant, and not those of the caller's tenant. */
  ofPlatform?: boolean;
  /**
   * Returns what an event emits to a subscriber with these arguments, without any query: nothing, one value, or, for a field that conflates, the keys of
   * everything that changed.
   * @throws PublicError BAD_USER_INPUT for arguments that do not fit
   */
  valuesFor(args: Args): EventValues<Read, Emitted>;
  /** Decides with queries whether a value is emitted; without this method, every value is. */
  admits?(emitted: Emitted, args: Args, context: Context): Promise<boolean>;
  resolve(emitted: Emitted, args: Args, context: Context, info: GraphQLResolveInfo): Value | Promise<Value>;
  /**
   * For a field that emits only the newest event of each key: the shortest interval between events, in milliseconds.
   * @throws PublicError BAD_USER_INPUT
   */
  everyMs?(args: Args): number;
}

/** Fields by name, with any arguments: each is only called with values that it has created itself. */
export type LiveFields<Context> = Readonly<Record<string, LiveField<never, Context, unknown, unknown>>>;
