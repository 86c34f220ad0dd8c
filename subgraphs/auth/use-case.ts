import { recordAudit } from "#db/auth/audit-writes.ts";
import { type Outcome as AnyOutcome, writingWith } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "./generated/enums.ts";

/** The result of a use case of this domain. */
export type Outcome<Value> = AnyOutcome<Value, UserErrorCode>;

/** Runs the change of a use case in one transaction, and records it in the audit log of the tenant. */
export const write = writingWith<UserErrorCode>((tx, { identity, client }, entry) =>
  recordAudit(tx, {
    userId: identity.kind === "user" ? identity.id : null,
    actorName: identity.name ?? null,
    ipAddress: client?.ipAddress,
    userAgent: client?.userAgent,
    success: true,
    ...entry,
  }),
);
