import type { IncomingMessage } from "node:http";
import { apiKeyId, isSessionToken, tenantOfTicket } from "#lib/credentials.ts";
import { PublicError } from "#lib/errors.ts";
import { anonymous, type CredentialKey, type Identity } from "#lib/request-context.ts";
import type { Transport } from "../transport/transport.ts";
import { askAuth } from "./ask-auth.ts";
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

/** How a gateway finds out who somebody is. Each rejects with PublicError UNAUTHENTICATED for what is valid no more, or never was, and AUTH_UNAVAILABLE when nobody can tell. */
export interface Authentication {
  /** Who sends a request. It rejects with RATE_LIMITED as well. */
  identify(request: Pick<IncomingMessage, "headers">): Promise<Identity>;
  /** Whom a ticket stands for, which it does once. Where it is absent there are no tickets. */
  redeem?(ticket: string): Promise<Identity>;
  /** Who has a credential now. Absent, whoever was identified stays who he is. @param options counted: it is a request of his, which may be RATE_LIMITED */
  confirm?(credential: CredentialKey, options?: { counted: boolean }): Promise<Identity>;
}

/**
 * Authentication by `Authorization: Bearer <session token or API key>`, or by a ticket, all of which the subgraph `auth` knows. Without the header a
 * request is anonymous.
 */
export function authentication({
  transport,
  environment,
  limits,
  cache = new IdentityCache(),
}: AuthenticationOptions): Required<Authentication> {
  const ask = askAuth(transport);
  const found = (credential: IdentifiedCredential | undefined): IdentifiedCredential => {
    if (!credential) throw new PublicError("UNAUTHENTICATED", "The token, key or ticket is not valid.");
    return credential;
  };
  const counted = async (credential: IdentifiedCredential | undefined): Promise<Identity> => {
    await limits.take(found(credential));
    return found(credential).identity;
  };
  return {
    identify: async ({ headers: { authorization } }) => {
      if (authorization === undefined) return anonymous;
      const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      // A key whose checksum is wrong, or a text that is neither, is refused without asking anybody.
      const isToken = token !== undefined && (isSessionToken(token) || apiKeyId(environment, token) !== undefined);
      return counted(isToken ? await cache.identify(token, () => ask.validateToken(token)) : undefined);
    },
    redeem: async (ticket) =>
      counted(tenantOfTicket(ticket) === undefined ? undefined : await ask.redeemTicket(ticket)),
    confirm: async (credential, { counted: isCounted } = { counted: false }) => {
      const { kind, id } = credential;
      const known = await cache.identify(`${kind} ${id}`, () => ask.validateCredential(credential));
      return isCounted ? counted(known) : found(known).identity;
    },
  };
}
