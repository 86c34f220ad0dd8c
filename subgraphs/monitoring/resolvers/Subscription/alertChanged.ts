import { alertInstanceEntity } from "#db/monitoring/alert-instances.ts";
import type { EventOf } from "#events/event.ts";
import { isHeld, type Undecided } from "#lib/live/list-filter.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import { changeOf } from "../../alerts/change.ts";
import type { MonitoringContext } from "../../context.ts";
import type { SubscriptionAlertChangedArgs } from "../../generated/resolvers.ts";
import type { AlertChange } from "../../mappers.ts";

export const alertChanged: LiveField<
  SubscriptionAlertChangedArgs,
  MonitoringContext,
  AlertChange & Undecided,
  AlertChange,
  EventOf<"alert.created" | "alert.updated">
> = {
  types: ["alert.created", "alert.updated"],
  valuesFor: ({ filter }) => {
    const isListed = alertInstanceEntity.list.rowFilter(filter);
    return (event) => {
      const change = changeOf(event);
      const undecided = isListed({ ...event.payload, id: event.entityKey }, change.changedAt);
      return undecided ? [{ ...change, undecided }] : [];
    };
  },
  admits: (change, { filter }, { loaders }) =>
    isHeld(change, filter, (rest) => loaders.Alert.isListed(change.alertId, rest)),
  resolve: (change) => change,
};
