import type { AlertInstanceRow } from "#db/monitoring/schema/alert-instances.ts";
import { shownState } from "#db/monitoring/shown-state.ts";
import type { EventOf } from "#events/event.ts";

/** The values of an alert right after a change. */
export interface AlertChangeRow {
  alertId: string;
  state: AlertInstanceRow["state"];
  severity: AlertInstanceRow["severity"];
  version: number;
  changedAt: Date;
}

/** Returns the change that an event describes, with the state as it was shown at that moment. */
export function changeOf({
  entityKey,
  entityVersion,
  occurredAt,
  payload,
}: EventOf<"alert.created" | "alert.updated">): AlertChangeRow {
  const changedAt = new Date(occurredAt);
  return {
    alertId: entityKey,
    state: shownState(
      {
        state: payload.state as AlertInstanceRow["state"],
        acknowledgedAt: timeOf(payload.acknowledgedAt),
        acknowledgementExpiresAt: timeOf(payload.acknowledgementExpiresAt),
      },
      changedAt,
    ),
    severity: payload.severity as AlertInstanceRow["severity"],
    version: entityVersion,
    changedAt,
  };
}

const timeOf = (text: string | null | undefined): Date | null => (text ? new Date(text) : null);
