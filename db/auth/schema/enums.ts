import { pgEnum } from "drizzle-orm/pg-core";

export const userRoleEnum = pgEnum("user_role_enum", ["admin", "operator", "user", "viewer"]);
export const credentialKindEnum = pgEnum("credential_kind_enum", ["session", "api_key"]);
