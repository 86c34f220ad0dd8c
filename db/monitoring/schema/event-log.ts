import { eventLogTables } from "../../event-log/tables.ts";

export const { outboxEvents, eventLog, eventRelay, eventRelayCheckpoints, eventConsumers, consumedEvents } =
  eventLogTables("monitoring");
