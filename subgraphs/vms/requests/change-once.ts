import { createHash } from "node:crypto";
import type { WriteTx } from "#db/client.ts";
import { useKey } from "#db/vms/request-key-writes.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { idempotencyKeyOf } from "#subgraphs/operation-outcomes.ts";
import { type Done, type Outcome, refused, type Services, write } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";

/** What the inputs of all mutations have that change rows. */
export interface ChangeRequest {
  idempotencyKey?: string | null | undefined;
  /** Whether to check everything and change nothing. */
  dryRun?: boolean | null | undefined;
}

/** A change of rows that starts no operation. */
export interface Change<Value> {
  /** The name of the mutation. */
  mutation: string;
  asked: ChangeRequest;
  /** The id of what is changed or created. */
  objectId: string;
  /** Returns the outcome of a request that is repeated with its key: the object as it is now. */
  again(tx: WriteTx, objectId: string): Promise<Outcome<Value, UserErrorCode>>;
  run(tx: WriteTx): Promise<Outcome<Value, UserErrorCode>>;
}

/**
 * Runs a change in one transaction, once for each idempotency key of its actor. The key is kept for a day with a hash of the input. The outcome of a dry run is that of the
 * change, of which nothing is written.
 * @throws InvalidArgument for a key that is no key
 */
export async function changeOnce<Value>(
  services: Services,
  request: RequestContext,
  { mutation, asked, objectId, again, run }: Change<Value>,
): Promise<Outcome<Value, UserErrorCode>> {
  const key = idempotencyKeyOf(asked);
  const inputHash = hashOf(asked);
  const change = async (tx: WriteTx): Promise<Outcome<Value, UserErrorCode>> => {
    const used = key === undefined ? undefined : await useKey(tx, { key, mutation, inputHash, objectId });
    if (used && (used.mutation !== mutation || used.inputHash !== inputHash)) return usedOtherwise(used.mutation);
    if (used) return again(tx, used.objectId);
    const outcome = await run(tx);
    if (asked.dryRun && outcome.kind === "done") throw new DryRun(outcome);
    return outcome;
  };
  try {
    return await write<Value, UserErrorCode>(services, request, change);
  } catch (error) {
    if (error instanceof DryRun) return error.outcome as Done<Value>;
    throw error;
  }
}

const usedOtherwise = (mutation: string) =>
  refused(
    userError(
      "IDEMPOTENCY_CONFLICT",
      "idempotencyKey",
      `This key was used for ${mutation} with another input: use a new key.`,
    ),
  );

/** Rolls back the transaction of a dry run, after all of its checks. No other code sees it. */
class DryRun extends Error {
  readonly outcome: Done<unknown>;

  constructor(outcome: Done<unknown>) {
    super("dry run");
    this.outcome = outcome;
  }
}

/** Returns the SHA-256 of an input, whatever the order of its fields is. */
function hashOf({ idempotencyKey: _key, dryRun: _dryRun, ...input }: ChangeRequest): string {
  const text = JSON.stringify(input, (_name, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
  return createHash("sha256").update(text).digest("hex");
}
