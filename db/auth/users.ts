import { sql } from "drizzle-orm";
import { contains, during, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { isToCome } from "./expiry.ts";
import { userHistory } from "./change-history.ts";
import { userRoles } from "./schema/user-roles.ts";
import { type UserRow, users } from "./schema/users.ts";

export const userSecrets = ["passwordHash", "mfaSecret"] as const satisfies (keyof UserRow)[];
/** A user as the graph reads it, without the columns that prove the user's identity. */
export type PublicUserRow = Omit<UserRow, (typeof userSecrets)[number]>;

export const userEntity = defineEntity({
  table: users,
  history: userHistory,
  omit: userSecrets,
  filters: {
    id: oneOf(users.id),
    username: oneOf(users.username),
    role: oneOf(users.role),
    mfaEnabled: is(users.mfaEnabled),
    isLocked: isToCome(users.lockedUntil),
    lastLoginAt: during(users.lastLogin),
    createdAt: during(users.createdAt),
    text: contains(users.username, users.email),
  },
  orders: {
    CREATED_AT: users.createdAt,
    UPDATED_AT: users.updatedAt,
    USERNAME: users.username,
    EMAIL: users.email,
    ROLE: users.role,
    FAILED_LOGIN_ATTEMPTS: users.failedLoginAttempts,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Tenant.users": by(users.tenantId),
    "Role.users": (role) => sql`exists (select from ${userRoles}
    where ${userRoles.roleId} = ${role} and ${userRoles.userId} = ${users.id} and ${userRoles.tenantId} = ${users.tenantId})`,
  },
});
