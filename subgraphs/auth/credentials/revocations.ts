import { checkPosition, type LogReader, readEvents, readLogState } from "#db/event-log/stored-events.ts";
import type { Event } from "#events/event.ts";
import { invalidPosition, parsePosition, positionText } from "#lib/event-position.ts";

/** Whose rights are no longer what they were. */
export interface Revocations {
  /** Where this leaves off. */
  position: string;
  /** Whether nothing more had happened when it was asked for. */
  complete: boolean;
  everybody: boolean;
  credentialIds: string[];
  userIds: string[];
  tenantIds: string[];
}

const limit = 1_000;

/**
 * What was revoked after a position; without one nothing, and the position to ask after. It is read from the log itself: only an answer of the
 * database shows that nothing was missed.
 * @throws PublicError POSITION_INVALID, POSITION_EXPIRED, DATABASE_UNAVAILABLE
 */
export async function revocationsAfter(system: LogReader, after: string | undefined): Promise<Revocations> {
  const told = { everybody: false, credentialIds: [], userIds: [], tenantIds: [] };
  if (after === undefined) {
    const { head } = await readLogState(system);
    return { ...told, position: positionText({ auth: head }), complete: true };
  }
  const { auth: position } = parsePosition(after);
  if (!position) throw invalidPosition("it is none of the auth database");
  await checkPosition(system, position);
  const events = await readEvents(system, position.id, limit);
  const { id, transaction } = events.at(-1) ?? position;
  const revocations: Revocations = {
    ...told,
    position: positionText({ auth: { log: position.log, id, transaction } }),
    complete: events.length < limit,
  };
  for (const event of events) add(event, revocations);
  return revocations;
}

/** What an event says of rights. */
function add({ type, entityKey, payload }: Event, to: Revocations): void {
  const [kind, what] = type.split(".");
  if (kind === "role_grant") to.userIds.push(String(payload["userId"]));
  // Nobody has been identified by what is new.
  else if (what === "created") return;
  else if (kind === "session" || kind === "api_key") to.credentialIds.push(entityKey);
  else if (kind === "user") to.userIds.push(entityKey);
  else if (kind === "tenant") to.tenantIds.push(entityKey);
  // Who has a role is not in its event.
  else if (kind === "role") to.everybody = true;
}
