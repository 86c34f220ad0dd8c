import type { WritingContext } from "#subgraphs/open-request.ts";
import type { AuthLoaders } from "./loaders.ts";
import type { AuthServices } from "./services.ts";

/** The context of a request to this subgraph. */
export type AuthContext = WritingContext<AuthLoaders, AuthServices>;
