import type { EventOf } from "#events/event.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import { valueFilter } from "#lib/live/subscription-filters.ts";
import { changeOf } from "../../alerts/change.ts";
import type { MonitoringContext } from "../../context.ts";
import type { SubscriptionAlertChangedArgs } from "../../generated/resolvers.ts";
import type { AlertChange } from "../../mappers.ts";

export const alertChanged: LiveField<
  SubscriptionAlertChangedArgs,
  MonitoringContext,
  AlertChange,
  AlertChange,
  EventOf<"alert.created" | "alert.updated">
> = {
  types: ["alert.created", "alert.updated"],
  valuesFor: (args) => {
    const severity = valueFilter<string>(args.severity);
    const state = valueFilter<string>(args.states);
    return (event) => {
      const change = changeOf(event);
      return severity(change.severity) && state(change.state) ? [change] : [];
    };
  },
  resolve: (change) => change,
};
