import type { Database, Scope, WriteTx } from "#db/client.ts";
import type { UserError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";

// A use case is a function from the services of its domain, the request and its input to an `Outcome`. The graph, the command line and jobs call it alike.
// It checks its input, does slow work such as hashing, and then changes rows in one `Write`.

/** What the use cases of a domain need, unless the domain adds to it. */
export interface Services {
  readonly database: Database;
}

/** A use case, as a mutation calls it. The fields of its value are those of the mutation's payload. */
export type UseCase<Of, Input, Value, Code extends string = string> = (
  services: Of,
  request: RequestContext,
  input: Input,
) => Promise<Outcome<Value, Code>>;

/**
 * The result of a use case. A request for what is so already is `done` with the object as it is. Only a credential for one use (a code, a ticket, a time
 * step) is refused the second time.
 */
export type Outcome<Value, Code extends string = string> = Done<Value> | Refused<Code> | NotThere;

export interface Done<Value> {
  readonly kind: "done";
  readonly value: Value;
  /** What the audit log records of the change. Absent where nothing changed. */
  readonly audit?: AuditEntry | undefined;
}

/** The caller can correct the request. Nothing was written. */
export interface Refused<Code extends string = string> {
  readonly kind: "refused";
  readonly userErrors: readonly UserError<Code>[];
}

/** The object that the request names does not exist, or the caller may not see it. Nothing was written. */
export interface NotThere {
  readonly kind: "not there";
  /** What was not found, for the message: `user`. */
  readonly what: string;
}

export const done = <Value>(value: Value, audit?: AuditEntry): Done<Value> => ({ kind: "done", value, audit });
export const refused = <Code extends string>(...userErrors: readonly UserError<Code>[]): Refused<Code> => ({
  kind: "refused",
  userErrors,
});
export const notThere = (what: string): NotThere => ({ kind: "not there", what });

/** Returns the errors of an outcome; none unless it was refused. */
export const errorsOf = <Code extends string>(outcome: Outcome<unknown, Code>): readonly UserError<Code>[] =>
  outcome.kind === "refused" ? outcome.userErrors : [];

/** An entry of the audit log. The actor is the caller of the request, and the entry records a success, unless it states otherwise. */
export interface AuditEntry {
  /** What was done: `user.disable`. */
  action: string;
  success?: boolean;
  errorMessage?: string;
  userId?: string | null;
  actorName?: string | null;
  /** What it was done to; never a secret. */
  metadata?: Readonly<Record<string, unknown>>;
}

/**
 * Runs the change of a use case in one transaction: in the request's tenant and as its caller, unless `scope` states otherwise. The change's events and its
 * audit entry are written in the same transaction. Nothing is kept of a change that is refused or whose object is not there. `change` may be called more
 * than once, and receives the only connection that the call may hold: docs/decisions/one-connection-at-a-time.md.
 */
export type Write<Code extends string> = <Value>(
  services: { readonly database: Pick<Database, "write"> },
  request: RequestContext,
  change: (tx: WriteTx) => Promise<Outcome<Value, Code>>,
  scope?: Pick<Scope, "actor"> & { tenantId?: string },
) => Promise<Outcome<Value, Code>>;

/**
 * Returns the function by which the use cases of a domain write.
 * @param record adds an entry to the domain's audit log, if it has one. It runs last, because other writers of the tenant may wait for its lock until the
 * commit.
 */
export const writingWith =
  <Code extends string>(
    record?: (tx: WriteTx, request: RequestContext, entry: AuditEntry) => Promise<void>,
  ): Write<Code> =>
  async (services, request, change, { tenantId, ...scope } = {}) => {
    try {
      return await services.database.write({ ...scopeOf(request, tenantId), ...scope }, async (tx) => {
        const outcome = await change(tx);
        if (outcome.kind !== "done") throw new NothingDone(outcome);
        if (outcome.audit && !record)
          throw new Error(`The ${tx.domain} domain has no log for ${outcome.audit.action}.`);
        if (outcome.audit) await record?.(tx, request, outcome.audit);
        return done(outcome.value);
      });
    } catch (error) {
      if (error instanceof NothingDone) return error.outcome as Refused<Code> | NotThere;
      throw error;
    }
  };

/** Runs the change of a use case in one transaction, in a domain without an audit log. */
export const write = <Value, Code extends string>(
  services: { readonly database: Pick<Database, "write"> },
  request: RequestContext,
  change: (tx: WriteTx) => Promise<Outcome<Value, Code>>,
): Promise<Outcome<Value, Code>> => writingWith<Code>()(services, request, change);

/** Rolls back a transaction. No other code sees it. */
class NothingDone extends Error {
  readonly outcome: Refused | NotThere;

  constructor(outcome: Refused | NotThere) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/**
 * Returns the scope of a transaction for a request, in the request's own tenant unless another is given. Its actor is the caller, or the actor that a service
 * works for. Only a service is believed which operation it works for.
 */
export const scopeOf = (
  { identity, requestId, deadline, onBehalfOf, operationId }: RequestContext,
  tenantId = identity.tenantId,
): Scope => ({
  tenantId,
  deadline,
  requestId,
  actor: identity.kind === "anonymous" ? undefined : (onBehalfOf ?? `${identity.kind}:${identity.id}`),
  operationId: identity.kind === "service" ? operationId : undefined,
});
