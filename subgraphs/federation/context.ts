import type { DomainContext } from "#subgraphs/open-request.ts";
import type { FederationLoaders } from "./loaders.ts";

/** The context of a request to this subgraph. */
export type FederationContext = DomainContext<FederationLoaders>;
