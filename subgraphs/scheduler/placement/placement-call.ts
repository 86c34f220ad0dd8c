import { z } from "zod";
import type { FencedCall } from "#db/scheduler/fence-writes.ts";
import { PublicError } from "#lib/errors.ts";
import { contradictions } from "../rules/contradictions.ts";
import { parseRules, type Rule, type RuleProblem, type Tags } from "../rules/rule-language.ts";
import type { PlacementRequest } from "./request.ts";

/** The input of `reservePlacement`, as the graph has it. */
export interface PlacementInput {
  vmId: string;
  operationId: string;
  token: number | bigint;
  step: string;
  resources: ResourcesInput;
  tags?: unknown;
  constraints?: unknown;
  excludedNodeIds?: readonly string[] | null | undefined;
  preferredNodeId?: string | null | undefined;
}

export interface ResourcesInput {
  cpuMillicores: number;
  memoryMb: number;
  storageGb?: number | null | undefined;
  networkMbps?: number | null | undefined;
  gpuCount?: number | null | undefined;
  gpuMilli?: number | null | undefined;
  gpuModels?: readonly string[] | null | undefined;
}

export interface PlacementCall extends FencedCall {
  step: string;
  request: PlacementRequest;
  tags: Tags;
  rules: readonly Rule[];
  excludedNodeIds: readonly string[];
  preferredNodeId: string | undefined;
}

const amount = z.int().min(0).nullish();
const resources = z
  .object({
    cpuMillicores: z.int().min(1),
    memoryMb: z.int().min(1),
    storageGb: amount,
    networkMbps: amount,
    gpuCount: amount,
    gpuMilli: amount,
    gpuModels: z.array(z.string()).nullish(),
  })
  .refine(
    ({ gpuCount, gpuMilli }) => gpuCount == null || gpuMilli == null || gpuMilli <= gpuCount * 1_000,
    "gpuMilli is at most 1000 for each GPU.",
  );
const tagsShape = z.record(z.string(), z.string());

/** @throws PublicError BAD_USER_INPUT with every problem of the input */
export function placementCall(input: PlacementInput): PlacementCall {
  const rules = parseRules(input.constraints ?? []);
  const tags = tagsShape.safeParse(input.tags ?? {});
  const problems = [
    ...problemsOf("constraints", rules.rules ? contradictions(rules.rules) : rules.problems),
    ...(tags.success ? [] : problemsOf("tags", zodProblems(tags.error))),
  ];
  const request = requestOf(input.resources, problems);
  return {
    ...fencedCall(input),
    step: input.step,
    request,
    tags: tags.data ?? {},
    rules: rules.rules ?? [],
    excludedNodeIds: (input.excludedNodeIds ?? []).map((id) => id.toLowerCase()),
    preferredNodeId: input.preferredNodeId?.toLowerCase(),
  };
}

/** @throws PublicError BAD_USER_INPUT with every problem of the amounts, after those that were found before */
export function requestOf(input: ResourcesInput, found: readonly string[] = []): PlacementRequest {
  const amounts = resources.safeParse(input);
  const problems = [...found, ...(amounts.success ? [] : problemsOf("resources", zodProblems(amounts.error)))];
  if (problems.length > 0) throw new PublicError("BAD_USER_INPUT", problems.join(" "), { problems });
  const given = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  // The shape has been checked.
  return Object.fromEntries(given) as unknown as PlacementRequest;
}

export const fencedCall = ({
  vmId,
  operationId,
  token,
}: Pick<PlacementInput, "vmId" | "operationId" | "token">): FencedCall => ({
  vmId: vmId.toLowerCase(),
  operationId: operationId.toLowerCase(),
  token: Number(token),
});

const zodProblems = (error: z.ZodError): RuleProblem[] =>
  error.issues.map(({ path, message }) => ({ path: path.map(String), message }));

const problemsOf = (field: string, problems: readonly RuleProblem[]): string[] =>
  problems.map(({ path, message }) => `${[field, ...path].join(".")}: ${message}`);
