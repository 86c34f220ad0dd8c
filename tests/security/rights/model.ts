// A model of what a credential's rights allow, written without the product's own code. Rights are sets of the permissions listed here. One
// resource and one verb ("any") are never named, so that a wildcard is more than all the named ones.

const resources = (
  "alert allocation api_key audit cluster compliance cost metric migration network node operation price provider role scheduling session snapshot " +
  "template tenant user vm any"
).split(" ");
const verbs = "abandon acknowledge act any cancel create delete grant operate read revoke rewind update".split(" ");
const universe = resources.flatMap((resource) => verbs.map((verb) => `${resource}:${verb}`));

export type Rights = ReadonlySet<string>;
export type Outcome = "DONE" | "FORBIDDEN" | "NOT_FOUND" | "SCOPE_EXCEEDS_RIGHTS";

/** Returns the rights that patterns match. */
export function rightsOf(permissions: readonly string[]): Rights {
  const patterns = permissions.map((each) => new RegExp(`^${each.replace("*", ".*")}$`));
  return new Set(universe.filter((right) => patterns.some((pattern) => pattern.test(right))));
}
export const both = (one: Rights, other: Rights): Rights => new Set([...one].filter((right) => other.has(right)));

export interface Acting {
  rights: Rights;
  isOfThePlatform: boolean;
}

/** What a mutation does. */
export interface Action {
  /** The permission that it requires. Acting on one's own objects often requires none. */
  needs?: string | undefined;
  /** Whether a caller without that permission does not even see the target. */
  isHidden?: boolean;
  isForServices?: boolean;
  isForThePlatform?: boolean;
  /** Whether the target belongs to a tenant that the caller does not reach. */
  isForeign?: boolean;
  /** Whether it acts only on the credential of the request, or on an account through a proof of its user's identity. */
  isOwnCredential?: boolean;
  /** All rights that the target has, or would get. */
  rights: Rights;
}

/** @throws Error for a permission that consists of no resource and verb of this model, which no caller would have */
export function expected(caller: Acting, action: Action): Outcome {
  if (action.needs && !universe.includes(action.needs))
    throw new Error(`Add the resource and the verb of ${action.needs} to tests/security/rights/model.ts.`);
  if (action.isForServices) return "FORBIDDEN";
  if (action.needs && !caller.rights.has(action.needs)) return action.isHidden ? "NOT_FOUND" : "FORBIDDEN";
  if (action.isForThePlatform && !caller.isOfThePlatform) return "FORBIDDEN";
  if (action.isForeign) return "NOT_FOUND";
  const isWithin = [...action.rights].every((right) => caller.rights.has(right));
  return action.isOwnCredential || isWithin ? "DONE" : "SCOPE_EXCEEDS_RIGHTS";
}
