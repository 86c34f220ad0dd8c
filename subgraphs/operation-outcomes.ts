import type { StartOutcome } from "#db/operations/requests.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import { type Done, done, type Refused, refused } from "./use-case.ts";

// What the use cases of all domains return of the operations that they start.

/** Why a use case did not start an operation. */
export type StartErrorCode = "IDEMPOTENCY_CONFLICT" | "IDEMPOTENCY_IN_PROGRESS";

const validKey = /^[\x21-\x7e]{1,255}$/;

/**
 * Returns the idempotency key of an input; undefined when it has none.
 * @throws InvalidArgument for a key that is no key
 */
export function idempotencyKeyOf(
  { idempotencyKey }: { idempotencyKey?: string | null | undefined },
  argument = "input.idempotencyKey",
): string | undefined {
  if (idempotencyKey === undefined || idempotencyKey === null) return undefined;
  if (!validKey.test(idempotencyKey)) throw new InvalidArgument(argument, "is not 1 to 255 visible ASCII characters.");
  return idempotencyKey;
}

/** Returns the outcome of a use case that starts an operation. A request that is repeated with its key has the operation of the first one, once that has ended. */
export function started({ outcome, id }: StartOutcome): Done<{ operationId: string }> | Refused<StartErrorCode> {
  if (outcome === "in progress")
    return blocked("IDEMPOTENCY_IN_PROGRESS", id, `The operation ${id}, which this key started, has not ended yet.`);
  if (outcome === "conflict")
    return blocked(
      "IDEMPOTENCY_CONFLICT",
      id,
      `This key started the operation ${id} with another input: use a new key.`,
    );
  return done({ operationId: id });
}

const blocked = (code: StartErrorCode, operationId: string, message: string): Refused<StartErrorCode> =>
  refused({ ...userError(code, "idempotencyKey", message), operationId });
