import { readFileSync } from "node:fs";
import { loadSupergraph, type LoadedSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { asset } from "#lib/assets.ts";
import { policies } from "#lib/trust/request-context.ts";

/** Returns the product's composed schema, as its gateway loads it. */
export const productSupergraph = (): LoadedSupergraph =>
  loadSupergraph(readFileSync(asset("supergraph.graphql"), "utf8"), policies);
