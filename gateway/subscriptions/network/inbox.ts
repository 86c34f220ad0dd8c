import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import { type ErrorCode, PublicError } from "#lib/errors.ts";
import { withDoubles } from "#lib/exact-json.ts";
import type { SubscriptionEvent } from "#lib/live/subscription.ts";
import { CallFailure } from "../../transport/call-failure.ts";
import { graphqlAnswer } from "../../transport/graphql-answer.ts";
import type { NetworkLimits } from "./limits.ts";
import type { Listener } from "./link.ts";

/** The reason why no more events arrive. */
export type Ending = "completed" | "broken" | "full" | { failed: Error };

/** The received events of one subscription that have not been taken yet. */
export class Inbox implements Listener {
  /** Once it is set, no more events arrive; earlier events can still be taken. */
  ending: Ending | undefined;
  #events: SubscriptionEvent[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  readonly numbersOf: Listener["numbersOf"];
  readonly #limits: NetworkLimits;
  readonly #onFull: () => void;

  /** @param onFull called when the inbox exceeds its limits, or a message is not an event; later messages are not added */
  constructor(limits: NetworkLimits, onFull: () => void, numbersOf?: Listener["numbersOf"]) {
    this.#limits = limits;
    this.#onFull = onFull;
    this.numbersOf = numbersOf;
  }

  next(payload: ExecutionResult, bytes: number): void {
    if (this.ending) return;
    try {
      this.#events.push(eventOf(payload));
    } catch (error) {
      this.#end({ failed: error instanceof Error ? error : new Error(String(error)) });
      return this.#onFull();
    }
    this.#bytes += bytes;
    const { waitingEvents, waitingBytes } = this.#limits;
    if (this.#events.length < waitingEvents && this.#bytes < waitingBytes) return this.#wake?.();
    this.#end("full");
    this.#onFull();
  }

  complete(): void {
    this.#end("completed");
  }

  fail(errors: readonly GraphQLFormattedError[]): void {
    this.#end({ failed: failureOf(errors) });
  }

  broken(): void {
    this.#end("broken");
  }

  /**
   * Waits for the next events.
   * @returns all events received by the end of the tick; nothing at the signal, or when there is an ending
   */
  async take(signal: AbortSignal): Promise<readonly SubscriptionEvent[]> {
    if (this.#events.length === 0 && !this.ending) await this.#somethingOr(signal);
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    return events;
  }

  #somethingOr(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake = undefined;
        signal.removeEventListener("abort", wake);
        // Other messages of this tick are still to be received.
        setImmediate(resolve);
      };
      this.#wake = wake;
      if (signal.aborted) wake();
      else signal.addEventListener("abort", wake);
    });
  }

  #end(ending: Ending): void {
    this.ending ??= ending;
    this.#wake?.();
  }
}

/**
 * Converts a payload to an event. The extensions of a foreign subgraph may hold anything.
 * @throws CallFailure "unusable"
 */
function eventOf({ extensions: given, ...answer }: ExecutionResult): SubscriptionEvent {
  const { position, dropped, replaces, ...extensions } = withDoubles(given) ?? {};
  return {
    position: typeof position === "string" ? position : undefined,
    dropped: typeof dropped === "number" ? dropped : undefined,
    replaces: typeof replaces === "string" ? replaces : undefined,
    result:
      "data" in answer || "errors" in answer
        ? { ...graphqlAnswer(answer), ...(Object.keys(extensions).length > 0 ? { extensions } : {}) }
        : undefined,
  };
}

/** The codes of errors that are passed on to subscribers as the subgraph sends them. */
const publicCodes: ReadonlySet<unknown> = new Set<ErrorCode>([
  "POSITION_EXPIRED",
  "POSITION_INVALID",
  "FORBIDDEN",
  "UNAUTHENTICATED",
  "BAD_USER_INPUT",
]);

function failureOf([first]: readonly GraphQLFormattedError[]): Error {
  const { code, ...details } = first?.extensions ?? {};
  if (first && publicCodes.has(code)) return new PublicError(code as ErrorCode, first.message, details);
  return new CallFailure("unusable", `The subscription was refused: ${first?.message}`);
}
