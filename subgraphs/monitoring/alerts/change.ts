import type { AlertInstanceRow } from "#db/monitoring/schema/alert-instances.ts";
import { shownState } from "./shown-state.ts";

/** What an alert was right after one of its changes. */
export interface AlertChangeRow {
  alertId: string;
  state: AlertInstanceRow["state"];
  severity: AlertInstanceRow["severity"];
  version: number;
  changedAt: Date;
}

/** What the event of a change says, with the state as it was shown at that moment. */
export function changeOf(
  { entityKey, entityVersion, occurredAt }: { entityKey: string; entityVersion: number; occurredAt: string },
  payload: {
    state: string;
    severity: string;
    acknowledgedAt?: string | null;
    acknowledgementExpiresAt?: string | null;
  },
): AlertChangeRow {
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
