import type { GraphQLError } from "graphql";
import { LRUCache } from "lru-cache";
import type { ErrorCode } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import type { Identity, RequestContext } from "#lib/trust/request-context.ts";
import type { Transport } from "../transport/transport.ts";
import { gatewayIdentity } from "./auth-calls.ts";

/** Within this time, one denial is recorded for each user and permission: a caller that repeats a request in a loop does not fill the log. */
const onceInMs = 60_000;
const capacity = 10_000;
const patienceMs = 5_000;

const mutation = `mutation RecordDenial($input: RecordDenialInput!) { recordDenial(input: $input) { userErrors { code } } }`;

/** Reports to the subgraph `auth`, for its audit log, which permissions users were refused. No request waits for it. */
export function denialRecorder(
  transport: Transport,
): (context: RequestContext, permissions: readonly string[]) => void {
  const recorded = new LRUCache<string, true>({ max: capacity, ttl: onceInMs });
  const isNew = (identity: Identity, permission: string): boolean => {
    const key = `${identity.id} ${permission}`;
    if (recorded.has(key)) return false;
    recorded.set(key, true);
    return true;
  };
  return ({ identity, requestId, client }, permissions) => {
    if (identity.kind !== "user") return;
    const fresh = [...new Set(permissions)].filter((permission) => isNew(identity, permission));
    if (fresh.length === 0) return;
    const { id: userId, name: username, tenantId, userTenantId = tenantId } = identity;
    const input = { userId, username, userTenantId, tenantId, permissions: fresh };
    const context = { identity: gatewayIdentity, requestId, client, deadline: Date.now() + patienceMs };
    const { signal } = new AbortController();
    transport
      .send("auth", { query: mutation, variables: { input }, operation: "mutation" }, context, signal)
      .then(({ errors }) => {
        if (errors?.length) throw errors[0] as Error;
      })
      .catch((error: unknown) => log.gateway.warn({ err: error, requestId }, "a denial was not recorded"));
  };
}

export type RecordDenials = ReturnType<typeof denialRecorder>;

/** Records the permissions and policies whose lack caused these errors. */
export function reportDenials(onDenied: RecordDenials, errors: readonly GraphQLError[], context: RequestContext): void {
  if (errors.length === 0) return;
  const missing = errors.flatMap(({ extensions }) => {
    const name = extensions["permission"] ?? extensions["policy"];
    return extensions["code"] === ("FORBIDDEN" satisfies ErrorCode) && typeof name === "string" ? name : [];
  });
  if (missing.length > 0) onDenied(context, missing);
}
