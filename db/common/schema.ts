import type { Domain } from "../columns.ts";
import { commonTables } from "./tables.ts";

// What drizzle-kit generates templates from (docs/changing-a-table.md): the name of the domain is a placeholder in the names of the roles.
export const {
  outboxEvents,
  eventLog,
  eventRelay,
  eventRelayCheckpoints,
  eventConsumers,
  consumedEvents,
  executedWrites,
  operations,
  operationSteps,
  operationSchedules,
  operationWorkers,
  entityChanges,
} = commonTables("{{domain}}" as Domain);
