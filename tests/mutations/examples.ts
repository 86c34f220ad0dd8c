import { apiKeyMutations } from "./auth/api-keys.ts";
import { passwordMutations } from "./auth/passwords.ts";
import { roleMutations } from "./auth/roles.ts";
import { serviceMutations } from "./auth/services.ts";
import { sessionMutations } from "./auth/sessions.ts";
import { tenantMutations } from "./auth/tenants.ts";
import { totpMutations } from "./auth/totp.ts";
import { userMutations } from "./auth/users.ts";
import type { MutationExample, MutationExamples } from "./example.ts";

/**
 * An example of each mutation of the graph, in an order in which none affects the next. The last ones may cause so many failures that nothing from their
 * address can sign in for a while.
 */
export const examples: MutationExamples = {
  ...roleMutations,
  ...userMutations,
  ...serviceMutations,
  ...apiKeyMutations,
  ...tenantMutations,
  ...sessionMutations,
  ...totpMutations,
  ...passwordMutations,
};

export function exampleOf(name: string): MutationExample {
  const example = examples[name];
  if (!example) throw new Error(`The mutation ${name} has no example in tests/mutations.`);
  return example;
}

const one = { atLeast: 1, atMost: 1 };

/** Returns how many of `times` copies of a request succeed when they are sent at once, and the codes that the others may return. */
export function expectedAtOnce(name: string, times: number): { atLeast: number; atMost: number; otherwise: string[] } {
  const { repeated, atOnce } = exampleOf(name);
  if (atOnce) return { atMost: times, ...atOnce, otherwise: [...atOnce.otherwise] };
  const all = repeated === "unchanged" || repeated === "again";
  return all ? { atLeast: times, atMost: times, otherwise: [] } : { ...one, otherwise: [repeated] };
}
