import { isUniqueViolation } from "#db/database-errors.ts";
import {
  deletePolicy,
  insertPolicy,
  lockPolicy,
  type PolicyContents,
  updatePolicy,
} from "#db/scheduler/policy-writes.ts";
import type { SchedulingPolicyRow } from "#db/scheduler/schema/scheduling-policies.ts";
import { validText } from "#lib/graphql/arguments.ts";
import { type UserError, userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, notThere, type Outcome, refused, type Services, write } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { contradictions } from "../rules/contradictions.ts";
import { parsePolicyRules, type RuleProblem } from "../rules/rule-language.ts";

export interface PolicyInput {
  name: string;
  description?: string | null | undefined;
  priority?: number | null | undefined;
  rules: unknown;
  enabled?: boolean | null | undefined;
}

/** Fields that are left out stay unchanged, and so do all but the description when they are null. */
export interface PolicyChange extends Partial<Omit<PolicyInput, "enabled" | "name">> {
  id: string;
  name?: string | null | undefined;
  /** The version that the change is based on. */
  expectedVersion?: number | null | undefined;
}

type Result = Promise<Outcome<{ schedulingPolicy: SchedulingPolicyRow }, UserErrorCode>>;

/** Creates a placement policy of the tenant, which applies to placements from then on. */
export async function createSchedulingPolicy(services: Services, request: RequestContext, input: PolicyInput): Result {
  const { description = null, priority, enabled } = input;
  const contents = {
    name: input.name.trim(),
    description,
    priority: priority ?? 0,
    rules: input.rules,
    enabled: enabled ?? true,
  };
  const errors = problems(contents);
  if (errors.length > 0) return refused(...errors);
  return write<{ schedulingPolicy: SchedulingPolicyRow }, UserErrorCode>(services, request, async (tx) => {
    const schedulingPolicy = await insertPolicy(tx, contents);
    return schedulingPolicy ? done({ schedulingPolicy }) : refused(userError("NAME_TAKEN", "name"));
  });
}

/** Changes a policy of the tenant. */
export const updateSchedulingPolicy = (
  services: Services,
  request: RequestContext,
  { id, expectedVersion, ...change }: PolicyChange,
): Result =>
  changePolicy(services, request, id, (policy) => {
    if (typeof expectedVersion === "number" && expectedVersion !== policy.version)
      return refused(userError("VERSION_CONFLICT", "expectedVersion", `The policy has the version ${policy.version}.`));
    const changesRules = change.rules !== undefined && change.rules !== null;
    if (changesRules && policy.policyType !== "placement")
      return refused(userError("RULES_INVALID", "rules", "Only the rules of placement policies can be changed."));
    const contents = {
      name: change.name?.trim() ?? policy.name,
      description: change.description === undefined ? policy.description : change.description,
      priority: change.priority ?? policy.priority,
      rules: changesRules ? change.rules : policy.rules,
      enabled: policy.enabled,
    };
    const errors = problems(contents, changesRules);
    return errors.length > 0 ? refused(...errors) : done(contents);
  });

/** Lets a policy apply to placements. */
export const enableSchedulingPolicy = (services: Services, request: RequestContext, { id }: { id: string }): Result =>
  changePolicy(services, request, id, (policy) => done({ ...policy, enabled: true }));

/** Lets a policy apply to no placement until it is enabled again. */
export const disableSchedulingPolicy = (services: Services, request: RequestContext, { id }: { id: string }): Result =>
  changePolicy(services, request, id, (policy) => done({ ...policy, enabled: false }));

/** Deletes a policy. VMs that are placed stay where they are. */
export const deleteSchedulingPolicy = (services: Services, request: RequestContext, { id }: { id: string }): Result =>
  write<{ schedulingPolicy: SchedulingPolicyRow }, UserErrorCode>(services, request, async (tx) => {
    const schedulingPolicy = await deletePolicy(tx, id);
    return schedulingPolicy ? done({ schedulingPolicy }) : notThere("scheduling policy");
  });

function changePolicy(
  services: Services,
  request: RequestContext,
  id: string,
  change: (policy: SchedulingPolicyRow) => Outcome<PolicyContents, UserErrorCode>,
): Result {
  const changing = write<{ schedulingPolicy: SchedulingPolicyRow }, UserErrorCode>(services, request, async (tx) => {
    const policy = await lockPolicy(tx, id);
    if (!policy) return notThere("scheduling policy");
    const outcome = change(policy);
    if (outcome.kind !== "done") return outcome;
    if (isAsBefore(policy, outcome.value)) return done({ schedulingPolicy: policy });
    const schedulingPolicy = await updatePolicy(tx, id, outcome.value);
    return schedulingPolicy ? done({ schedulingPolicy }) : notThere("scheduling policy");
  });
  return changing.catch((error: unknown) => {
    if (isUniqueViolation(error)) return refused(userError("NAME_TAKEN", "name"));
    throw error;
  });
}

const isAsBefore = (policy: SchedulingPolicyRow, contents: PolicyContents): boolean =>
  policy.name === contents.name &&
  policy.description === contents.description &&
  policy.priority === contents.priority &&
  policy.enabled === contents.enabled &&
  JSON.stringify(policy.rules) === JSON.stringify(contents.rules);

const longestDescription = 2_000;
const longestRules = 65_536;
const nameRule = "A policy's name has 1 to 255 characters.";

/**
 * Returns every problem of a policy.
 * @throws InvalidArgument for a text that is not valid
 */
function problems({ name, description, rules }: PolicyContents, checksRules = true): UserError<UserErrorCode>[] {
  validText(description ?? "", "input.description", longestDescription);
  validText(name, "input.name", Infinity);
  const ofName = name.length === 0 || name.length > 255 ? [userError("NAME_INVALID", "name", nameRule)] : [];
  if (!checksRules) return ofName;
  const found = JSON.stringify(rules).length > longestRules ? tooLong : ruleProblems(rules);
  return [
    ...ofName,
    ...found.map(({ path, message }) => ({ code: "RULES_INVALID" as const, field: ["rules", ...path], message })),
  ];
}

const tooLong: readonly RuleProblem[] = [{ path: [], message: "The rules have at most 64 KiB as JSON." }];

function ruleProblems(rules: unknown): readonly RuleProblem[] {
  const parsed = parsePolicyRules(rules);
  if (!parsed.rules) return parsed.problems;
  // Rules that apply to different VMs contradict nothing.
  const selectors = new Set(parsed.rules.map(({ appliesTo }) => JSON.stringify(appliesTo ?? null)));
  return selectors.size > 1 ? [] : contradictions(parsed.rules);
}
