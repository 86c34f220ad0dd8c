import { type DocumentNode, print, stripIgnoredCharacters } from "graphql";
import { LRUCache } from "lru-cache";
import { type CompiledOperation, compileOperation } from "./compile-operation.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";

/** Operations are kept up to this many characters of their documents and of what is sent to subgraphs for them. */
const keptCharacters = 16 * 2 ** 20;
/** How many spellings of documents are remembered beside. */
const keptSpellings = 2_000;

export type OperationCache = (
  document: DocumentNode,
  documentHash: string,
  operationName: string | undefined,
) => CompiledOperation | undefined;

/** Compiles each operation once, however its document is laid out. What was used least recently makes room. */
export function operationCache(supergraph: LoadedSupergraph): OperationCache {
  const compiled = new LRUCache<string, { operation: CompiledOperation }>({
    maxSize: keptCharacters,
    sizeCalculation: ({ operation }, key) => key.length + JSON.stringify(operation.plan).length,
  });
  const spellings = new LRUCache<string, string>({ max: keptSpellings });
  return (document, documentHash, operationName) => {
    const spelling = `${documentHash} ${operationName ?? ""}`;
    let key = spellings.get(spelling);
    if (key === undefined) {
      key = `${operationName ?? ""} ${stripIgnoredCharacters(print(document))}`;
      spellings.set(spelling, key);
    }
    const known = compiled.get(key);
    if (known) return known.operation;
    const operation = compileOperation(supergraph, document, operationName);
    if (operation) compiled.set(key, { operation });
    return operation;
  };
}
