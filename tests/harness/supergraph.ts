import { readFileSync } from "node:fs";
import { loadSupergraph, type LoadedSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { asset } from "#lib/assets.ts";
import { policies } from "#lib/trust/request-context.ts";

let loaded: LoadedSupergraph | undefined;

/** Returns the product's composed schema, as its gateway loads it. The files of a worker share it. */
export const productSupergraph = (): LoadedSupergraph =>
  (loaded ??= loadSupergraph(readFileSync(asset("supergraph.graphql"), "utf8"), policies));
