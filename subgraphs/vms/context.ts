import type { DomainContext } from "#subgraphs/open-request.ts";
import type { VmsLoaders } from "./loaders.ts";
import type { VmsServices } from "./services.ts";

/** The context of a request to this subgraph. */
export type VmsContext = DomainContext<VmsLoaders, VmsServices>;
