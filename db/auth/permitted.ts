declare const permitted: unique symbol;

/**
 * An account, role, key or session (by its id), or rights, that the caller of the transaction may act on or bring about. What writes them takes
 * nothing else. `subgraphs/auth/credentials/escalation.ts` alone makes one, after it has compared the rights.
 */
export type Permitted<What extends string, Value = string> = Value & { readonly [permitted]: What };

export type PermittedAccount = Permitted<"account">;
export type PermittedRole = Permitted<"role">;
export type PermittedKey = Permitted<"key">;
export type PermittedSession = Permitted<"session">;
/** Permissions that something new may hold. */
export type PermittedRights = Permitted<"rights", readonly string[]>;
