import type { Variables } from "../graphql/variables.ts";
import type { ExactNumbers } from "../exact-json.ts";

/** The request to a subgraph. */
export interface SubgraphRequest {
  query: string;
  variables?: Variables | undefined;
  /** Finds the numbers in the response's data whose digits must be kept. Text transports keep these as they were written. */
  numbersOf?: ((data: unknown) => ExactNumbers) | undefined;
}
