import type { HeldNumbers } from "./exact-json.ts";

/** What a subgraph is asked. */
export interface SubgraphRequest {
  query: string;
  variables?: Readonly<Record<string, unknown>> | undefined;
  /** The numbers in the answer's data whose digits count. Carriers of text keep these as they were written. */
  numbersOf?: ((data: unknown) => HeldNumbers) | undefined;
}
