import { contains, during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { isOver } from "./expiry.ts";
import { userSessionHistory } from "./change-history.ts";
import { type UserSessionRow, userSessions } from "./schema/user-sessions.ts";

const secrets = ["tokenHash"] as const satisfies (keyof UserSessionRow)[];
/** A session as the graph reads it, without the columns that identify its token. */
export type PublicUserSessionRow = Omit<UserSessionRow, (typeof secrets)[number]>;

export const userSessionEntity = defineEntity({
  table: userSessions,
  history: userSessionHistory,
  omit: secrets,
  filters: {
    user: oneOf(userSessions.userId),
    ipAddress: oneOf(userSessions.ipAddress),
    isExpired: isOver(userSessions.expiresAt),
    expiresAt: during(userSessions.expiresAt),
    createdAt: during(userSessions.createdAt),
    text: contains(userSessions.userAgent),
  },
  orders: { CREATED_AT: userSessions.createdAt, EXPIRES_AT: userSessions.expiresAt },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "User.sessions": by(userSessions.userId),
  },
});
