import { z } from "zod";
import { isText } from "#lib/graphql/arguments.ts";

// The rules of placement, as policies of type `placement` and the constraints of a VM hold them.

const anyText = z.string().max(255).refine(isText, "is not valid text");
const text = anyText.min(1);
/** VMs that have all of these tags. */
const tags = z.record(text, anyText).refine((value) => {
  const count = Object.keys(value).length;
  return count >= 1 && count <= 16;
}, "has 1 to 16 tags");
const texts = z.array(text).min(1).max(256);
const nodeIds = z.array(z.uuid().toLowerCase()).min(1).max(256);
/** A node has the label when it has the key, and one of the values where they are given. */
const labels = z
  .array(z.strictObject({ key: text, values: texts.optional() }))
  .min(1)
  .max(64);
const scope = z.enum(["host", "rack", "zone", "region"]);
const weight = z.number().min(0).max(1_000).optional();

const ruleShapes = {
  /** The node has all of the labels. */
  requireLabels: z.strictObject({ type: z.literal("requireLabels"), labels }),
  /** The node has none of the labels. */
  forbidLabels: z.strictObject({ type: z.literal("forbidLabels"), labels }),
  /** The node is one of these. */
  pinToNodes: z.strictObject({ type: z.literal("pinToNodes"), nodeIds }),
  /** The node is in one of the regions and in one of the zones, such as for data that must stay in a country. */
  locations: z
    .strictObject({ type: z.literal("locations"), regions: texts.optional(), zones: texts.optional() })
    .refine(({ regions, zones }) => regions ?? zones, "has regions or zones"),
  /** The VM tolerates these taints: with a value only that one, with an effect only that one. */
  tolerateTaints: z.strictObject({
    type: z.literal("tolerateTaints"),
    taints: z
      .array(
        z.strictObject({
          key: text,
          value: anyText.optional(),
          effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
        }),
      )
      .min(1)
      .max(64),
  }),
  /** The hypervisor of the node, which is its label `hypervisor`, is one of these. */
  hypervisors: z.strictObject({ type: z.literal("hypervisors"), anyOf: texts }),
  /** The GPUs, where the VM requests any, are of one of these models. */
  gpuModels: z.strictObject({ type: z.literal("gpuModels"), anyOf: texts }),
  /** The VM is in the same host, rack, zone or region as a VM with the tags, once there is one. */
  affinity: z.strictObject({ type: z.literal("affinity"), scope, tags }),
  /** The VM is in no host, rack, zone or region with a VM that has the tags. */
  antiAffinity: z.strictObject({ type: z.literal("antiAffinity"), scope, tags }),
  /** With the VM, the zone (or host, rack, region) has at most `maxSkew` more VMs with the tags than the one with the fewest. */
  spread: z.strictObject({ type: z.literal("spread"), scope, tags, maxSkew: z.int().min(1).max(1_000) }),
  /** These nodes, or nodes with all of these labels, are preferred. */
  prefer: z
    .strictObject({ type: z.literal("prefer"), nodeIds: nodeIds.optional(), labels: labels.optional() })
    .refine((rule) => rule.nodeIds ?? rule.labels, "has nodeIds or labels"),
  /** How much each score counts, relative to the others. */
  weights: z
    .strictObject({
      type: z.literal("weights"),
      bestFit: weight,
      leastUsed: weight,
      balanced: weight,
      preference: weight,
    })
    .refine(
      (rule) => Object.values(rule).some((value) => typeof value === "number" && value > 0),
      "has a weight above 0",
    ),
};

const rule = z.discriminatedUnion("type", [
  ruleShapes.requireLabels,
  ruleShapes.forbidLabels,
  ruleShapes.pinToNodes,
  ruleShapes.locations,
  ruleShapes.tolerateTaints,
  ruleShapes.hypervisors,
  ruleShapes.gpuModels,
  ruleShapes.affinity,
  ruleShapes.antiAffinity,
  ruleShapes.spread,
  ruleShapes.prefer,
  ruleShapes.weights,
]);

export type Rule = z.infer<typeof rule>;
export const ruleTypes = Object.keys(ruleShapes) as Rule["type"][];
export type Scope = z.infer<typeof scope>;
export type Tags = Readonly<Record<string, string>>;

/** A rule of a policy. It applies to the VMs with all tags of `appliesTo`; without it, a rule about a group applies to the VMs of the group, and others to all VMs. */
export type PolicyRule = Rule & { appliesTo?: Tags };

export interface RuleProblem {
  /** Where the problem is, such as `["0", "maxSkew"]`. */
  path: readonly string[];
  message: string;
}
export type Parsed<T> =
  | { rules: readonly T[]; problems: readonly [] }
  | { rules?: never; problems: readonly RuleProblem[] };

const maxRules = 64;

/** Returns the rules of a VM, or every problem of them. */
export const parseRules = (value: unknown): Parsed<Rule> =>
  parsed(value, (given, path) => checked<Rule>(rule.safeParse(given), path));

/** Returns the rules of a policy, or every problem of them. */
export const parsePolicyRules = (value: unknown): Parsed<PolicyRule> =>
  parsed(value, (given, path) => {
    if (!isObject(given) || !("appliesTo" in given)) return checked<PolicyRule>(rule.safeParse(given), path);
    const { appliesTo, ...rest } = given;
    const of = checked<Rule>(rule.safeParse(rest), path);
    const to = checked<Tags>(tags.safeParse(appliesTo), [...path, "appliesTo"]);
    return of.value && to.value
      ? { value: { ...of.value, appliesTo: to.value }, problems: [] }
      : { problems: [...of.problems, ...to.problems] };
  });

interface Checked<T> {
  value?: T;
  problems: readonly RuleProblem[];
}

function parsed<T>(value: unknown, check: (given: unknown, path: readonly string[]) => Checked<T>): Parsed<T> {
  if (!Array.isArray(value)) return { problems: [{ path: [], message: "The rules are a list." }] };
  if (value.length > maxRules) return { problems: [{ path: [], message: `There are at most ${maxRules} rules.` }] };
  const results = value.map((given, at) => check(given, [String(at)]));
  const problems = results.flatMap((each) => each.problems);
  if (problems.length > 0) return { problems };
  return { rules: results.flatMap((each) => (each.value === undefined ? [] : [each.value])), problems: [] };
}

function checked<T>(result: z.ZodSafeParseResult<unknown>, path: readonly string[]): Checked<T> {
  if (result.success) return { value: result.data as T, problems: [] };
  return {
    problems: result.error.issues.map((issue) => ({
      path: [...path, ...issue.path.map(String)],
      message: issue.message,
    })),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether something with these tags has all tags of a selector. */
export const hasTags = (own: Tags, selector: Tags): boolean =>
  Object.entries(selector).every(([key, value]) => own[key] === value);
