declare const permitted: unique symbol;

/**
 * An account, role, key or session (by its id), or rights, that the caller of the transaction may act on or create. Functions that write them accept nothing
 * else. Only `subgraphs/auth/credentials/escalation.ts` makes such a value, after it has compared the rights.
 */
export type Permitted<What extends string, Value = string> = Value & { readonly [permitted]: What };

export type PermittedAccount = Permitted<"account">;
export type PermittedRole = Permitted<"role">;
export type PermittedKey = Permitted<"key">;
export type PermittedSession = Permitted<"session">;
/** Permissions that a new role, key or account may hold. */
export type PermittedRights = Permitted<"rights", readonly string[]>;
