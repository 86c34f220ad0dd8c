import { PublicError } from "#lib/errors.ts";
import { anyAuthenticated, type Identity, lacksPolicy, refusalOf } from "#lib/trust/request-context.ts";

/** One directive on one coordinate. */
export interface AccessRule {
  /** Equal for directives that require the same. */
  readonly name: string;
  /** Returns why the identity does not meet the rule; undefined when it does. */
  refusal(identity: Identity): PublicError | undefined;
}

/** The meaning of each name in `@policy`. Policies judge by the identity alone. */
export type Policies = Readonly<Record<string, (identity: Identity) => boolean>>;

/** Alternatives, one of which must hold in all its parts. */
export type Alternatives = readonly (readonly string[])[];

export const authenticated: AccessRule = {
  name: "@authenticated",
  refusal: (identity) => refusalOf(identity, anyAuthenticated),
};

export const scopes = (alternatives: Alternatives): AccessRule => ({
  name: `@requiresScopes ${JSON.stringify(alternatives)}`,
  refusal: (identity) => nearest(alternatives, (permission) => refusalOf(identity, permission)),
});

/** @throws Error when a policy is not registered: it could not be decided who satisfies it */
export function policy(alternatives: Alternatives, policies: Policies): AccessRule {
  const judges = new Map(
    alternatives.flat().map((name) => {
      const judge = Object.hasOwn(policies, name) ? policies[name] : undefined;
      if (!judge) throw new Error(`The supergraph requires the policy "${name}", which is not registered.`);
      return [name, judge];
    }),
  );
  return {
    name: `@policy ${JSON.stringify(alternatives)}`,
    refusal: (identity) =>
      nearest(alternatives, (name) => (judges.get(name)?.(identity) ? undefined : lacksPolicy(name))),
  };
}

/** Returns the first missing part of the alternative that lacks least. An empty list of alternatives allows no caller. */
function nearest(
  alternatives: Alternatives,
  refusalOfPart: (part: string) => PublicError | undefined,
): PublicError | undefined {
  let least: PublicError[] | undefined;
  for (const parts of alternatives) {
    const missing = parts.flatMap((part) => refusalOfPart(part) ?? []);
    if (missing.length === 0) return undefined;
    if (!least || missing.length < least.length) least = missing;
  }
  return least?.[0] ?? new PublicError("FORBIDDEN", "No caller may select this.");
}
