import { type Domain, domains } from "#db/columns.ts";
import { asset } from "#lib/assets.ts";
import { type Needs, policies, type PolicyName } from "#lib/trust/request-context.ts";
import { type ReviewedTable, reviewedTable } from "#tests/harness/reviewed-table.ts";

const pageOf = (domain: Domain) => asset(`tests/security/reviewed/${domain}.md`);

/** Returns the table of all pages with these titles. */
const ofAllPages = (head: readonly string[]): ReviewedTable => ({
  page: "A page of tests/security/reviewed",
  head,
  rows: domains.flatMap((domain) => reviewedTable(pageOf(domain), head).rows),
});

/** The reviewed matrix of root fields by role. */
export const reviewedFields = (roles: Iterable<string>): ReviewedTable => ofAllPages(["field", "needs", ...roles]);

/** The reviewed fields that lead from one object to another, and others that not all users of their object see, by role. */
export const reviewedEdges = (roles: Iterable<string>): ReviewedTable => ofAllPages(["edge", ...roles]);

/** The reviewed needs of a domain's types, and of the fields that only services may request. */
export const reviewedTypes = (domain: Domain): ReviewedTable =>
  reviewedTable(pageOf(domain), ["type or field", "needs"]);

/** Returns what each root field needs according to the reviewed matrix. */
export const reviewedNeeds = (): ReadonlyMap<string, Needs> =>
  new Map([
    ...reviewedFields([]).rows.map(([field = "", needs = ""]) => [field, needsIn(needs)] as const),
    ...domains.flatMap((domain) =>
      reviewedTypes(domain).rows.map(([field = "", needs = ""]) => [field, needsIn(needs)] as const),
    ),
  ]);

/** The needs of a field that these services may request, as the page has them. */
const forServices = /^service (.+)$/;

/** Returns needs as the page has them: a permission, a policy, or both; the services that may request a field; or one of the words for needs without any. */
export function textOf(needs: Needs): string {
  if (typeof needs === "string") return needs;
  if ("services" in needs) return `service ${needs.services.join(", ")}`;
  return [needs.permission ?? [], needs.policy].flat().join(", ");
}

function needsIn(text: string): Needs {
  const isPolicy = (name: string): name is PolicyName => Object.hasOwn(policies, name);
  const services = forServices.exec(text)?.[1];
  if (services !== undefined) return { services: services.split(", ") };
  const names = text.split(", ");
  const policy = names.find(isPolicy);
  const [permission] = names.filter((name) => !isPolicy(name));
  if (policy === undefined) return permission ?? "none";
  return permission === undefined ? { policy } : { permission, policy };
}
