import type { Database, Scope } from "#db/client.ts";
import { type CpuRule, enabledCpuRules, openAlerts } from "#db/monitoring/alert-writes.ts";
import { latestSamples, type StoredSample } from "#db/monitoring/stored-samples.ts";
import type { ComparisonOperator } from "#db/monitoring/schema/alert-rules.ts";
import { readIn } from "#db/read-in.ts";

/** A rule, and the latest sample of a VM that breaks it. */
export interface Breach {
  rule: CpuRule;
  sample: StoredSample;
}

/** Returns the rules about CPU usage that these VMs break now, except where a rule already has an open alert about the VM. */
export const cpuBreaches = (database: Database, scope: Scope, vmIds: readonly string[]): Promise<Breach[]> =>
  readIn(database, scope, async (tx) => {
    const [rules, samples, open] = await Promise.all([enabledCpuRules(tx), latestSamples(tx, vmIds), openAlerts(tx)]);
    const known = new Set(open.map(({ ruleId, vmId }) => `${ruleId} ${vmId}`));
    return rules.flatMap((rule) =>
      samples
        .filter((sample) => breaks(rule, sample) && !known.has(`${rule.id} ${sample.vmId}`))
        .map((sample) => ({ rule, sample })),
    );
  });

type Threshold = Pick<CpuRule, "aggregate" | "comparisonOperator" | "thresholdValue">;

const comparisons: Readonly<Record<ComparisonOperator, (value: number, threshold: number) => boolean>> = {
  ">": (value, threshold) => value > threshold,
  "<": (value, threshold) => value < threshold,
  ">=": (value, threshold) => value >= threshold,
  "<=": (value, threshold) => value <= threshold,
  "==": (value, threshold) => value === threshold,
  "!=": (value, threshold) => value !== threshold,
};

/** Returns whether the CPU usage of a sample is as a rule warns of. A sample without a value breaks no rule. */
export const breaks = (
  { aggregate, comparisonOperator, thresholdValue }: Threshold,
  { cpuUsagePercent }: Pick<StoredSample, "cpuUsagePercent">,
): boolean =>
  aggregate !== "absent" &&
  cpuUsagePercent !== null &&
  comparisons[comparisonOperator](cpuUsagePercent, thresholdValue);
