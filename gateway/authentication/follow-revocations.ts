import { randomUUID } from "node:crypto";
import { z } from "zod";
import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import type { Transport } from "../transport/transport.ts";
import { gatewayIdentity } from "./auth-calls.ts";
import type { IdentityCache } from "./identity-cache.ts";

const everyMs = 400;
/** After a longer silence no cached identity is used, and credentials are validated again. */
const patienceMs = 800;
/** The patience for the first answer. Until it arrives nothing is cached that could be out of date, and a process that starts has much other work. */
const firstPatienceMs = 15_000;

const query = `query Revocations($after: String) { revocations: credentialRevocations(after: $after) {
  position complete allCallers credentialIds userIds tenantIds } }`;

const shape = z.object({
  revocations: z.object({
    position: z.string(),
    complete: z.boolean(),
    allCallers: z.boolean(),
    credentialIds: z.array(z.string()),
    userIds: z.array(z.string()),
    tenantIds: z.array(z.string()),
  }),
});

/**
 * Queries the subgraph `auth` repeatedly for revocations and passes them to an identity cache, until the signal aborts. It polls instead of subscribing:
 * only an answer shows that nothing was missed.
 */
export async function followRevocations(
  transport: Transport,
  cache: IdentityCache,
  signal: AbortSignal,
): Promise<void> {
  let after: string | undefined;
  let isFirst = true;
  while (!signal.aborted) {
    const sentAt = performance.now();
    try {
      const revoked = await revocationsAfter(transport, after, isFirst ? firstPatienceMs : patienceMs, signal);
      isFirst = false;
      // Revocations from before the first position were never received.
      if (after === undefined || revoked.allCallers) cache.forget("everything");
      for (const credentialId of revoked.credentialIds) cache.forget({ credentialId });
      for (const userId of revoked.userIds) cache.forget({ userId });
      for (const tenantId of revoked.tenantIds) cache.forget({ tenantId });
      after = revoked.position;
      if (!revoked.complete) continue;
      cache.confirm(sentAt);
    } catch (error) {
      // Nothing can be read from this position any more. With a new position, which clears the cache, nothing more is missed.
      if (isPositionGone(error)) after = undefined;
      if (!signal.aborted) log.gateway.debug({ err: error }, "revocations could not be read and will be queried again");
    }
    await pause(everyMs, signal);
  }
}

const isPositionGone = (error: unknown): boolean =>
  /^POSITION_/.test(String((error as { extensions?: { code?: unknown } } | null)?.extensions?.code));

async function revocationsAfter(transport: Transport, after: string | undefined, waitMs: number, signal: AbortSignal) {
  const context = { identity: gatewayIdentity, requestId: randomUUID(), deadline: Date.now() + waitMs };
  const request = { query, variables: { after }, operation: "query" } as const;
  const { data, errors } = await transport.send("auth", request, context, signal);
  if (errors?.length) throw errors[0] as Error;
  return shape.parse(data).revocations;
}
