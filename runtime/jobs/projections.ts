import { StepFailure } from "#lib/operations/failures.ts";
import type { Databases } from "../databases.ts";
import { checkProjection, type ProjectionTarget } from "../events/projections.ts";
import type { Job } from "./job.ts";

type VmTarget = Exclude<ProjectionTarget, "vms">;

const minuteOf: Readonly<Record<VmTarget, number>> = { monitoring: 41, scheduler: 44 };

/** Compares a projection with its source. The consumer that keeps it up to date follows the events all the time, and is no job. */
export const projectionCheck = (systems: Databases, target: VmTarget): Job => ({
  name: "check_vm_projection",
  cron: `${minuteOf[target]} * * * *`,
  steps: [
    {
      name: "compare",
      run: async () => {
        const { isRight, report } = await checkProjection(systems, target);
        const { vms = 0, missing, extra, different, behind } = report;
        if (isRight) return { vms };
        throw new StepFailure(
          "PROJECTION_DIFFERS",
          `Of ${vms} VMs ${missing.length} are missing, ${different.length} are different and ${extra.length} are too many, with ${behind} events to read: \`novacron projections rebuild\` copies them again.`,
        );
      },
    },
  ],
});
