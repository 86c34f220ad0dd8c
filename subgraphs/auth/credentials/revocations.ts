import { checkPosition, type LogReader, readEvents, readLogState } from "#db/event-log/stored-events.ts";
import { type Event, isEventOf } from "#events/event.ts";
import { invalidPosition, parsePosition, positionText } from "#lib/live/event-position.ts";

/** The sessions, keys, users and tenants whose rights have changed. */
export interface Revocations {
  /** The position to continue after. */
  position: string;
  /** Whether there were no further events when the log was read. */
  complete: boolean;
  allCallers: boolean;
  credentialIds: string[];
  userIds: string[];
  tenantIds: string[];
}

const limit = 1_000;

/**
 * Returns the revocations after a position. Without a position it returns none, and the position to continue after. It reads the log in the
 * database, because only the database can confirm that no revocation was missed.
 * @throws PublicError POSITION_INVALID, POSITION_EXPIRED, DATABASE_UNAVAILABLE
 */
export async function revocationsAfter(system: LogReader, after: string | undefined): Promise<Revocations> {
  const nothing = { allCallers: false, credentialIds: [], userIds: [], tenantIds: [] };
  if (after === undefined) {
    const { head } = await readLogState(system);
    return { ...nothing, position: positionText({ auth: head }), complete: true };
  }
  const { auth: position } = parsePosition(after);
  if (!position) throw invalidPosition("it has no position of the auth database");
  await checkPosition(system, position);
  const events = await readEvents(system, position.id, limit);
  const { id, transaction } = events.at(-1) ?? position;
  const revocations: Revocations = {
    ...nothing,
    position: positionText({ auth: { log: position.log, id, transaction } }),
    complete: events.length < limit,
  };
  for (const event of events) add(event, revocations);
  return revocations;
}

/** Adds the rights that an event changes. */
function add(event: Event, to: Revocations): void {
  const { entityKey } = event;
  const [kind, what] = event.type.split(".");
  if (isEventOf(event, "role_grant.created", "role_grant.updated", "role_grant.deleted"))
    to.userIds.push(event.payload.userId);
  // No caller can have been identified by a new object.
  else if (what === "created") return;
  else if (kind === "user_session" || kind === "api_key") to.credentialIds.push(entityKey);
  else if (kind === "user") to.userIds.push(entityKey);
  else if (kind === "tenant") to.tenantIds.push(entityKey);
  // The event of a role does not name the users who have it.
  else if (kind === "role") to.allCallers = true;
}
