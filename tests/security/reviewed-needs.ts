import { asset } from "#lib/assets.ts";
import { type Needs, policies, type PolicyName } from "#lib/trust/request-context.ts";
import { type ReviewedTable, reviewedTable } from "#tests/harness/reviewed-table.ts";

const page = asset("tests/security/permission-matrix.md");

/** The reviewed matrix of root fields by role. */
export const reviewedFields = (roles: Iterable<string>): ReviewedTable =>
  reviewedTable(page, ["field", "needs", ...roles]);

/** The reviewed needs of types, and of the fields that only services may request. */
export const reviewedTypes = (): ReviewedTable => reviewedTable(page, ["subgraph", "type or field", "needs"]);

/** Returns what each root field needs according to the reviewed matrix. */
export const reviewedNeeds = (): ReadonlyMap<string, Needs> =>
  new Map([
    ...reviewedFields([]).rows.map(([field = "", needs = ""]) => [field, needsIn(needs)] as const),
    ...reviewedTypes().rows.map(([, field = "", needs = ""]) => [field, needsIn(needs)] as const),
  ]);

/** Returns needs as the page has them: a permission, a policy, or both; or one of the words for needs without either. */
export function textOf(needs: Needs): string {
  if (typeof needs === "string") return needs;
  return [needs.permission ?? [], needs.policy].flat().join(", ");
}

function needsIn(text: string): Needs {
  const isPolicy = (name: string): name is PolicyName => Object.hasOwn(policies, name);
  const names = text.split(", ");
  const policy = names.find(isPolicy);
  const [permission] = names.filter((name) => !isPolicy(name));
  if (policy === undefined) return permission ?? "none";
  return permission === undefined ? { policy } : { permission, policy };
}
