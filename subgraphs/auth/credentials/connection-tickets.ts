import { insertConnectionTicket, takeConnectionTicket } from "#db/auth/connection-ticket-writes.ts";
import { newConnectionTicket, tenantOfTicket, tokenHash } from "#lib/trust/credentials.ts";
import { PublicError } from "#lib/errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type AuthServices, homeOf, scopeOf } from "../services.ts";
import { ownCredential } from "./escalation.ts";
import { validateCredential, type ValidToken } from "./validate-token.ts";

const ticketLifetime = "PT1M";

/**
 * Creates a ticket that opens one connection with the caller's own credential. It is for clients that cannot send a header when they connect
 * and would otherwise put a token into the URL, which may be logged.
 * @throws PublicError FORBIDDEN for a caller that was not identified by a session or a key
 */
export async function createConnectionTicket(
  { database }: AuthServices,
  request: RequestContext,
): Promise<{ ticket: string; expiresAt: Date }> {
  const credential = ownCredential(request.identity);
  if (!credential)
    throw new PublicError("FORBIDDEN", "Only a caller with a session or an API key may create a ticket.");
  const home = homeOf(request.identity);
  const ticket = newConnectionTicket(home);
  const expiresAt = await database.write(scopeOf(request, home), (tx) =>
    insertConnectionTicket(tx, { credential, ticketHash: tokenHash(ticket), lifetime: ticketLifetime }),
  );
  return { ticket, expiresAt };
}

/**
 * Redeems a ticket, which is possible once, and resolves with the caller that it represents. Undefined when the ticket is malformed, unknown, used or
 * expired, or when the credential that it was created with is no longer valid.
 */
export async function redeemConnectionTicket(
  services: AuthServices,
  request: RequestContext,
  ticket: string,
): Promise<ValidToken | undefined> {
  const tenantId = tenantOfTicket(ticket);
  if (tenantId === undefined) return undefined;
  const credential = await services.database.write(scopeOf(request, tenantId), (tx) =>
    takeConnectionTicket(tx, tokenHash(ticket)),
  );
  return credential && validateCredential(services, request, credential);
}
