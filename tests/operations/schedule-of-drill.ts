import type { WriteTx } from "#db/client.ts";
import type { OperationDefinition } from "#lib/operations/definition.ts";
import { Schedule } from "#lib/operations/schedule.ts";
import type { DrillInput } from "./drill.ts";

export interface DrillSchedule {
  cron: string;
  input: DrillInput;
}

/** Returns a schedule that starts the tests' operation. */
export const scheduleOfDrill = (
  definition: OperationDefinition<WriteTx, DrillInput>,
  { cron, input }: DrillSchedule,
): Schedule<WriteTx> => new Schedule<WriteTx>({ name: "drill", cron, operation: definition, input });
