import { contains, during, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { isOver } from "./expiry.ts";
import { apiKeyHistory } from "./change-history.ts";
import { type ApiKeyRow, apiKeys } from "./schema/api-keys.ts";

const secrets = ["keyHash"] as const satisfies (keyof ApiKeyRow)[];
/** A key as the graph reads it, without the columns that identify its secret. */
export type PublicApiKeyRow = Omit<ApiKeyRow, (typeof secrets)[number]>;

export const apiKeyEntity = defineEntity({
  table: apiKeys,
  history: apiKeyHistory,
  omit: secrets,
  filters: {
    user: oneOf(apiKeys.userId),
    name: oneOf(apiKeys.name),
    isExpired: isOver(apiKeys.expiresAt),
    neverUsed: isNull(apiKeys.lastUsedAt),
    expiresAt: during(apiKeys.expiresAt),
    lastUsedAt: during(apiKeys.lastUsedAt),
    createdAt: during(apiKeys.createdAt),
    text: contains(apiKeys.name),
  },
  orders: { CREATED_AT: apiKeys.createdAt, NAME: apiKeys.name },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "User.apiKeys": by(apiKeys.userId),
    "Tenant.apiKeys": by(apiKeys.tenantId),
  },
});
