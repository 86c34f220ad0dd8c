import type { WritingContext } from "#subgraphs/open-request.ts";
import type { AuthLoaders } from "./loaders.ts";
import type { AuthServices } from "./services.ts";

/** What a request to this subgraph carries. */
export type AuthContext = WritingContext<AuthLoaders, AuthServices>;
