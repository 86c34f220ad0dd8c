import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import type { SubgraphRequest } from "#lib/subgraph/request.ts";
import { withDoubles } from "#lib/exact-json.ts";
import type { Transport } from "./transport.ts";

/** Returns the variables as `JSON.parse` reads them over HTTP. Responses of subgraphs of this process, and so representations, already are. */
function asParsed(variables: SubgraphRequest["variables"] = {}): SubgraphRequest["variables"] {
  const { representations, ...given } = variables;
  return representations === undefined ? withDoubles(given) : { ...withDoubles(given), representations };
}

/**
 * Calls subgraphs of this process, without HTTP and without serialization. The context needs no signature: it never leaves the process, so it cannot be
 * forged.
 */
export function inProcess(subgraphs: readonly Subgraph[]): Transport {
  const byName = new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph]));
  return {
    send: async (name, request, context, signal) => {
      const subgraph = byName.get(name);
      if (!subgraph) throw new Error(`Subgraph ${name} is not in this process.`);
      return subgraph.execute({ ...request, variables: asParsed(request.variables) }, context, signal);
    },
    close: async () => undefined,
  };
}
