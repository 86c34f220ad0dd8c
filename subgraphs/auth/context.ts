import type { DomainContext } from "#subgraphs/open-request.ts";
import type { AuthLoaders } from "./loaders.ts";
import type { AuthServices } from "./services.ts";

/** The context of a request to this subgraph. */
export type AuthContext = DomainContext<AuthLoaders, AuthServices>;
