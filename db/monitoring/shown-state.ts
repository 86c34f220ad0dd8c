import type { AlertInstanceRow } from "./schema/alert-instances.ts";

type Acknowledgement = Pick<AlertInstanceRow, "state" | "acknowledgedAt" | "acknowledgementExpiresAt">;

/** Returns the state to show. An open alert is shown as acknowledged while an acknowledgement is in force; the stored state does not change. */
export function shownState(
  { state, acknowledgedAt, acknowledgementExpiresAt }: Acknowledgement,
  now: Date,
): AlertInstanceRow["state"] {
  if (state === "resolved" || !acknowledgedAt) return state;
  return acknowledgementExpiresAt && acknowledgementExpiresAt <= now ? state : "acknowledged";
}
