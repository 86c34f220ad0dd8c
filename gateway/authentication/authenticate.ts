import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { apiKeyId, isSessionToken } from "#lib/credentials.ts";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/log.ts";
import { anonymous, type Identity } from "#lib/request-context.ts";
import type { Transport } from "../transport/transport.ts";
import { type IdentifiedCredential, IdentityCache } from "./identity-cache.ts";
import type { KeyLimits } from "./key-limits.ts";

export interface AuthenticationOptions {
  transport: Transport;
  /** The word in API keys of this installation: `dev` or `prod`. */
  environment: string;
  limits: KeyLimits;
  /** Remembers nothing unless somebody tells it of revocations. */
  cache?: IdentityCache;
}

/** Finds out who sends a request; `counted` is false of what is no request of his, so that it takes nothing of what he may send a minute. */
export type Authenticate = (
  request: Pick<IncomingMessage, "headers">,
  options?: { counted: boolean },
) => Promise<Identity>;

/** Who the gateway is, when it asks on its own behalf. */
export const gatewayItself: Identity = {
  kind: "service",
  id: "gateway",
  tenantId: anonymous.tenantId,
  permissions: [],
};

const question = `query Identify($token: String!) { validateToken(token: $token) {
  kind credentialId userId username userTenantId tenantId permissions expiresAt rateLimitPerMinute } }`;

const answerShape = z.object({
  validateToken: z
    .object({
      kind: z.enum(["SESSION", "API_KEY"]),
      credentialId: z.uuid(),
      userId: z.uuid(),
      username: z.string(),
      userTenantId: z.uuid(),
      tenantId: z.uuid(),
      permissions: z.array(z.string()),
      expiresAt: z.coerce.date().nullable(),
      rateLimitPerMinute: z.number().nullable(),
    })
    .nullable(),
});

const patienceMs = 5_000;

/**
 * Authentication by `Authorization: Bearer <session token or API key>`, which the subgraph `auth` knows. Without the header the request is
 * anonymous. It rejects with PublicError UNAUTHENTICATED for what is no valid token, RATE_LIMITED, or AUTH_UNAVAILABLE when nobody can tell.
 */
export function authentication({
  transport,
  environment,
  limits,
  cache = new IdentityCache(),
}: AuthenticationOptions): Authenticate {
  const ask = async (token: string): Promise<IdentifiedCredential | undefined> => {
    const { signal } = new AbortController();
    const context = { identity: gatewayItself, requestId: randomUUID(), deadline: Date.now() + patienceMs };
    const answer = await transport
      .send("auth", { query: question, variables: { token }, operation: "query" }, context, signal)
      .catch((error: unknown) => ({ data: undefined, errors: [error] }));
    const parsed = answerShape.safeParse(answer.data);
    if (!parsed.success || answer.errors?.length) {
      log.gateway.warn({ err: answer.errors?.[0] ?? parsed.error }, "a token could not be validated");
      throw new PublicError("AUTH_UNAVAILABLE", "Nobody can be identified at this moment; try again.");
    }
    return identified(parsed.data.validateToken);
  };
  return async ({ headers }, { counted } = { counted: true }) => {
    const { authorization } = headers;
    if (authorization === undefined) return anonymous;
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    // A key whose checksum is wrong, or a text that is neither, is refused without asking anybody.
    const isToken = token !== undefined && (isSessionToken(token) || apiKeyId(environment, token) !== undefined);
    const found = isToken ? await cache.identify(token, () => ask(token)) : undefined;
    if (!found) throw new PublicError("UNAUTHENTICATED", "The token or key is not valid.");
    if (counted) await limits.take(found);
    return found.identity;
  };
}

function identified(valid: z.infer<typeof answerShape>["validateToken"]): IdentifiedCredential | undefined {
  if (!valid) return undefined;
  return {
    identity: {
      kind: "user",
      id: valid.userId,
      name: valid.username,
      tenantId: valid.tenantId,
      ...(valid.userTenantId === valid.tenantId ? {} : { userTenantId: valid.userTenantId }),
      permissions: valid.permissions,
      credential: { kind: valid.kind === "SESSION" ? "session" : "api_key", id: valid.credentialId },
    },
    rateLimitPerMinute: valid.rateLimitPerMinute,
    expiresAt: valid.expiresAt?.getTime() ?? null,
  };
}
