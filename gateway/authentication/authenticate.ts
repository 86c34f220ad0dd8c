import type { IncomingMessage } from "node:http";
import { apiKeyId, isSessionToken, tenantOfTicket } from "#lib/trust/credentials.ts";
import { PublicError } from "#lib/errors.ts";
import { anonymous, type CredentialKey, type Identity } from "#lib/trust/request-context.ts";
import type { Transport } from "../transport/transport.ts";
import { authCalls } from "./auth-calls.ts";
import { type IdentifiedCredential, IdentityCache } from "./identity-cache.ts";
import type { KeyLimits } from "./key-limits.ts";

export interface AuthenticationOptions {
  transport: Transport;
  /** The environment name in API keys of this installation: `dev` or `prod`. */
  environment: string;
  limits: KeyLimits;
  /** Caches nothing unless it is notified of revocations. */
  cache?: IdentityCache;
}

/**
 * Identifies callers. Each method rejects with PublicError UNAUTHENTICATED for a credential that is not valid or no longer valid, and with AUTH_UNAVAILABLE
 * when its validity cannot be determined.
 */
export interface Authentication {
  /** Returns the identity that sends a request. It rejects with RATE_LIMITED as well. */
  identify(request: Pick<IncomingMessage, "headers">): Promise<Identity>;
  /** Returns the identity that a ticket represents; a ticket can be redeemed once. Without this method there are no tickets. */
  redeem?(ticket: string): Promise<Identity>;
  /**
   * Returns the identity that has a credential now. Without this method, an identity stays as it was found.
   * @param options counted: the call counts as a request of this caller, which may be RATE_LIMITED
   */
  confirm?(credential: CredentialKey, options?: { counted: boolean }): Promise<Identity>;
}

/**
 * Authenticates by `Authorization: Bearer <session token or API key>`, or by a ticket; the subgraph `auth` knows all of them. A request without the header
 * is anonymous.
 */
export function authentication({
  transport,
  environment,
  limits,
  cache = new IdentityCache(),
}: AuthenticationOptions): Required<Authentication> {
  const auth = authCalls(transport);
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
      // A key with a wrong checksum, or a text that is neither a key nor a token, is refused without a call.
      const isToken = token !== undefined && (isSessionToken(token) || apiKeyId(environment, token) !== undefined);
      return counted(isToken ? await cache.identify(token, () => auth.validateToken(token)) : undefined);
    },
    redeem: async (ticket) =>
      counted(tenantOfTicket(ticket) === undefined ? undefined : await auth.redeemTicket(ticket)),
    confirm: async (credential, { counted: isCounted } = { counted: false }) => {
      const { kind, id } = credential;
      const known = await cache.identify(`${kind} ${id}`, () => auth.validateCredential(credential));
      return isCounted ? counted(known) : found(known).identity;
    },
  };
}
