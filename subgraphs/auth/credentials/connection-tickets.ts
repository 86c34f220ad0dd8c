import { insertConnectionTicket, takeConnectionTicket } from "#db/auth/connection-ticket-writes.ts";
import type { WriteTx } from "#db/client.ts";
import { newConnectionTicket, tenantOfTicket, tokenHash } from "#lib/trust/credentials.ts";
import { PublicError } from "#lib/errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done } from "#subgraphs/use-case.ts";
import { type AuthServices, homeOf } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";
import { ownCredential } from "./escalation.ts";
import { validateCredential, type ValidToken } from "./validate-token.ts";

const ticketLifetime = "PT1M";

/**
 * Creates a ticket that opens one connection with the caller's own credential. It is for clients that cannot send a header when they connect
 * and would otherwise put a token into the URL, which may be logged.
 * @throws PublicError FORBIDDEN for a caller that was not identified by a session or a key
 */
export async function createConnectionTicket(
  services: AuthServices,
  request: RequestContext,
): Promise<Outcome<{ ticket: string; expiresAt: Date }>> {
  const credential = ownCredential(request.identity);
  if (!credential)
    throw new PublicError("FORBIDDEN", "Only a caller with a session or an API key may create a ticket.");
  const tenantId = homeOf(request.identity);
  const ticket = newConnectionTicket(tenantId);
  const ticketHash = tokenHash(ticket);
  return write(
    services,
    request,
    async (tx) => {
      const expiresAt = await insertConnectionTicket(tx, { credential, ticketHash, lifetime: ticketLifetime });
      return done({ ticket, expiresAt });
    },
    { tenantId },
  );
}

/**
 * Redeems a ticket, which is possible once, and resolves with the caller that it represents. That is null when the ticket is malformed, unknown, used or
 * expired, or when the credential that it was created with is no longer valid.
 */
export async function redeemConnectionTicket(
  services: AuthServices,
  request: RequestContext,
  { ticket }: { ticket: string },
): Promise<Outcome<{ validToken: ValidToken | null }>> {
  const tenantId = tenantOfTicket(ticket);
  if (tenantId === undefined) return done({ validToken: null });
  const take = async (tx: WriteTx) => done(await takeConnectionTicket(tx, tokenHash(ticket)));
  const taken = await write(services, request, take, { tenantId });
  const credential = taken.kind === "done" ? taken.value : undefined;
  return done({ validToken: (credential && (await validateCredential(services, request, credential))) ?? null });
}
