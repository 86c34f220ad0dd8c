import type { Subgraph } from "#lib/subgraph.ts";
import type { Transport } from "./transport.ts";

/**
 * Calls subgraphs of this process: no HTTP and no text between. The context needs no signature: it never leaves the process, so nobody can forge
 * one.
 */
export function inProcess(subgraphs: readonly Subgraph[]): Transport {
  const byName = new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph]));
  return {
    send: async (name, request, context, signal) => {
      const subgraph = byName.get(name);
      if (!subgraph) throw new Error(`Subgraph ${name} is not in this process.`);
      return subgraph.execute(request, context, signal);
    },
    close: async () => undefined,
  };
}
