import { contains, during, isNull, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { isOver } from "./expiry.ts";
import { type ApiKeyRow, apiKeys } from "./schema/api-keys.ts";

const secrets = ["keyHash"] as const satisfies (keyof ApiKeyRow)[];
/** A key as the graph reads it, without the columns that identify its secret. */
export type PublicApiKeyRow = Omit<ApiKeyRow, (typeof secrets)[number]>;

const source = { table: apiKeys, omit: secrets };

export const apiKeyById = lookup<PublicApiKeyRow>(source);

export const apiKeyList = defineList<PublicApiKeyRow>({
  ...source,
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
});

export const apiKeysOfUser = apiKeyList.under(by(apiKeys.userId));
export const apiKeysOfTenant = apiKeyList.under(by(apiKeys.tenantId));
