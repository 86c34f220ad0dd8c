import { randomUUID } from "node:crypto";
import { z } from "zod";
import { log } from "#lib/log.ts";
import { pause } from "#lib/pause.ts";
import type { Transport } from "../transport/transport.ts";
import { gatewayItself } from "./ask-auth.ts";
import type { IdentityCache } from "./identity-cache.ts";

const everyMs = 400;
/** Later nothing that is remembered counts, and one asks anew. */
const patienceMs = 800;
/** Until there was an answer nothing is remembered that could be out of date, and a start has much else to do. */
const firstPatienceMs = 15_000;

const query = `query Revocations($after: String) { revocations: credentialRevocations(after: $after) {
  position complete everybody credentialIds userIds tenantIds } }`;

const shape = z.object({
  revocations: z.object({
    position: z.string(),
    complete: z.boolean(),
    everybody: z.boolean(),
    credentialIds: z.array(z.string()),
    userIds: z.array(z.string()),
    tenantIds: z.array(z.string()),
  }),
});

/**
 * Asks the subgraph `auth` again and again what was revoked, and tells an identity cache, until the signal. It asks instead of waiting to be told: only
 * an answer shows that nothing was missed.
 */
export async function followRevocations(
  transport: Transport,
  cache: IdentityCache,
  signal: AbortSignal,
): Promise<void> {
  let after: string | undefined;
  let isFirst = true;
  while (!signal.aborted) {
    const askedAt = performance.now();
    try {
      const told = await ask(transport, after, isFirst ? firstPatienceMs : patienceMs, signal);
      isFirst = false;
      // What came before the first position nobody has told.
      if (after === undefined || told.everybody) cache.forget("everything");
      for (const credentialId of told.credentialIds) cache.forget({ credentialId });
      for (const userId of told.userIds) cache.forget({ userId });
      for (const tenantId of told.tenantIds) cache.forget({ tenantId });
      after = told.position;
      if (!told.complete) continue;
      cache.confirm(askedAt);
    } catch (error) {
      // One that nothing can be read from any more: after another no more is missed.
      if (isPositionGone(error)) after = undefined;
      if (!signal.aborted) log.gateway.debug({ err: error }, "revocations could not be read and are asked for again");
    }
    await pause(everyMs, signal);
  }
}

const isPositionGone = (error: unknown): boolean =>
  /^POSITION_/.test(String((error as { extensions?: { code?: unknown } } | null)?.extensions?.code));

async function ask(transport: Transport, after: string | undefined, waitMs: number, signal: AbortSignal) {
  const context = { identity: gatewayItself, requestId: randomUUID(), deadline: Date.now() + waitMs };
  const request = { query, variables: { after }, operation: "query" } as const;
  const { data, errors } = await transport.send("auth", request, context, signal);
  if (errors?.length) throw errors[0] as Error;
  return shape.parse(data).revocations;
}
