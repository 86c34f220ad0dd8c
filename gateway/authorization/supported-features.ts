import { DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, type Schema } from "@apollo/federation-internals";

/** The directives by which a supergraph controls access, and the version of each that this gateway supports. */
export const authorizationFeatures = {
  authenticated: "https://specs.apollo.dev/authenticated/v0.1",
  requiresScopes: "https://specs.apollo.dev/requiresScopes/v0.1",
  policy: "https://specs.apollo.dev/policy/v0.1",
} as const;

export type AuthorizationDirective = keyof typeof authorizationFeatures;

/** What a supergraph may require of this gateway `for: SECURITY` or `for: EXECUTION`; Apollo's own model refuses everything else. */
export const supportedFeatures: ReadonlySet<string> = new Set([
  ...DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES,
  ...Object.values(authorizationFeatures),
]);

/**
 * Returns the name that each authorization directive has in the schema; a `@link` may rename it.
 * @throws Error when a version is not supported, whatever purpose its link states, or when a directive has such a name without a link: nothing would
 * enforce it
 */
export function authorizationDirectives(schema: Schema): Map<AuthorizationDirective, string> {
  const names = new Map<AuthorizationDirective, string>();
  for (const directive of Object.keys(authorizationFeatures) as AuthorizationDirective[]) {
    const understood = authorizationFeatures[directive];
    const identity = understood.slice(0, understood.lastIndexOf("/"));
    const feature = schema.coreFeatures?.getByIdentity(identity);
    if (feature) {
      if (feature.url.toString() !== understood)
        throw new Error(`The supergraph links ${feature.url.toString()}; this gateway enforces ${understood}.`);
      names.set(directive, feature.directiveNameInSchema(directive));
    } else if (schema.directive(directive)) {
      throw new Error(`The supergraph has @${directive} without a link to ${understood}.`);
    }
  }
  return names;
}
