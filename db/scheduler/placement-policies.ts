import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { type SchedulingPolicyRow, schedulingPolicies } from "./schema/scheduling-policies.ts";

export type PolicyRow = Pick<SchedulingPolicyRow, "id" | "version" | "priority" | "rules">;

const enabledPolicies = statement<PolicyRow>(
  () => sql`
    select id, version, priority, rules from ${schedulingPolicies}
    where ${ofTenant(schedulingPolicies.tenantId)} and policy_type = 'placement' and enabled order by priority desc, id`,
);

/** Returns the enabled placement policies of the tenant, by descending priority. */
export const placementPolicies = (tx: Tx): Promise<PolicyRow[]> => tx.run(enabledPolicies, { tenantId: tx.tenantId });
