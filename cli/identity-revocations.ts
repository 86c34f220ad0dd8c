import type { EventLog } from "#db/event-log/event-log.ts";
import type { Event } from "#events/event.ts";
import type { IdentityCache, Revoked } from "#gateway/authentication/identity-cache.ts";
import { log } from "#lib/log.ts";
import { pause } from "#lib/pause.ts";

const everyMs = 400;
const batch = 1_000;

/**
 * Tells an identity cache what was revoked, and that everything was told, until the signal. It reads at its own pace instead of waiting to be
 * woken: only an answer of the database shows that nothing was missed.
 */
export async function tellRevocations(events: EventLog, cache: IdentityCache, signal: AbortSignal): Promise<void> {
  let position: Awaited<ReturnType<EventLog["head"]>> | undefined;
  while (!signal.aborted) {
    const askedAt = performance.now();
    try {
      if (!position) {
        position = await events.head(["auth"]);
        // What came before nobody has told.
        cache.forget("everything");
      }
      const read = await events.read(position, { sources: ["auth"], limit: batch });
      for (const event of read.events) {
        const revoked = revokedBy(event);
        if (revoked) cache.forget(revoked);
      }
      position = read.position;
      if (read.more) continue;
      cache.confirm(askedAt);
    } catch (error) {
      position = undefined;
      if (!signal.aborted) log.events.debug({ err: error }, "revocations could not be read and are tried again");
    }
    await pause(everyMs, signal);
  }
}

/** What an event says of rights: whose are no longer what they were. */
function revokedBy({ type, entityKey, payload }: Event): Revoked | undefined {
  const [kind, what] = type.split(".");
  if (kind === "role_grant") return { userId: String(payload["userId"]) };
  // Nobody has been identified by what is new.
  if (what === "created") return undefined;
  switch (kind) {
    case "session":
    case "api_key":
      return { credentialId: entityKey };
    case "user":
      return { userId: entityKey };
    case "tenant":
      return { tenantId: entityKey };
    // Who has a role is not in its event.
    case "role":
      return "everything";
    default:
      return undefined;
  }
}
