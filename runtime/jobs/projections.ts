import type { Json } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import type { Databases } from "../databases.ts";
import { checkProjection, type ProjectionTarget } from "../events/projections.ts";
import type { Job } from "./job.ts";

const minuteOf: Readonly<Record<ProjectionTarget, number>> = { monitoring: 41, scheduler: 44, vms: 47 };

/** Compares a projection with its source. The consumer that keeps it up to date follows the events all the time, and is no job. */
export const projectionCheck = (systems: Databases, target: ProjectionTarget): Job => ({
  name: target === "vms" ? "check_operation_projection" : "check_vm_projection",
  cron: `${minuteOf[target]} * * * *`,
  steps: [
    {
      name: "compare",
      run: async (signal): Promise<Json> => {
        const { isRight, report } = await checkProjection(systems, target, signal);
        const { vms, operations = 0, missing, extra, different, behind } = report;
        if (isRight) return vms === undefined ? { operations } : { vms };
        throw new StepFailure(
          "PROJECTION_DIFFERS",
          `Of ${vms === undefined ? `${operations} operations` : `${vms} VMs`} ${missing.length} are missing, ${different.length} are different and ${extra.length} are too many, with ${behind} events to read: \`novacron projections rebuild\` copies them again.`,
        );
      },
    },
  ],
});
