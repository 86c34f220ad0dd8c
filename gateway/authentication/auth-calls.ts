import { randomUUID } from "node:crypto";
import { z } from "zod";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { anonymous, type CredentialKey, type Identity } from "#lib/trust/request-context.ts";
import type { CallRequest, Transport } from "../transport/transport.ts";
import type { IdentifiedCredential } from "./identity-cache.ts";

/** The subgraph that identifies callers: while it is unavailable, no caller is identified. */
export const authSubgraph = "auth";

/** The gateway's identity for its own calls. */
export const gatewayIdentity: Identity = {
  kind: "service",
  id: "gateway",
  tenantId: anonymous.tenantId,
  permissions: [],
};

const patienceMs = 5_000;

const fields = "kind credentialId userId username userTenantId tenantId permissions expiresAt rateLimitPerMinute";
const byToken = `query Identify($token: String!) { validToken: validateToken(token: $token) { ${fields} } }`;
const byCredential = `query Confirm($kind: ValidTokenKind!, $id: ID!) { validToken: validateCredential(kind: $kind, id: $id) { ${fields} } }`;
const byTicket = `mutation Redeem($ticket: String!) { redeemed: redeemConnectionTicket(input: { ticket: $ticket }) { validToken { ${fields} } } }`;

const validToken = z
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
  .nullable();
const tokenResponse = z.object({ validToken });
const redeemed = z.object({ redeemed: tokenResponse });

/** Returns the calls that a gateway sends to the subgraph `auth`. Each rejects with PublicError AUTH_UNAVAILABLE when there is no answer. */
export function authCalls(transport: Transport) {
  const call = async <T>(request: CallRequest, shape: z.ZodType<T>): Promise<T> => {
    const { signal } = new AbortController();
    const context = { identity: gatewayIdentity, requestId: randomUUID(), deadline: Date.now() + patienceMs };
    const answer = await transport
      .send(authSubgraph, request, context, signal)
      .catch((error: unknown) => ({ data: undefined, errors: [error] }));
    const parsed = shape.safeParse(answer.data);
    if (parsed.success && !answer.errors?.length) return parsed.data;
    log.gateway.warn({ err: answer.errors?.[0] ?? parsed.error }, "a credential could not be validated");
    throw new PublicError("AUTH_UNAVAILABLE", "The service cannot identify callers at this moment; try again.");
  };
  return {
    validateToken: async (token: string) =>
      identified(await call({ query: byToken, variables: { token }, operation: "query" }, tokenResponse)),
    validateCredential: async ({ kind, id }: CredentialKey) => {
      const variables = { kind: kind.toUpperCase(), id };
      return identified(await call({ query: byCredential, variables, operation: "query" }, tokenResponse));
    },
    redeemTicket: async (ticket: string) =>
      identified((await call({ query: byTicket, variables: { ticket }, operation: "mutation" }, redeemed)).redeemed),
  };
}

function identified({ validToken: valid }: z.infer<typeof tokenResponse>): IdentifiedCredential | undefined {
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
