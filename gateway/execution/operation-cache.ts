import { type DocumentNode, print, stripIgnoredCharacters } from "graphql";
import { LRUCache } from "lru-cache";
import type { Identity } from "#lib/request-context.ts";
import { type OperationAccess, operationAccess } from "../authorization/operation-access.ts";
import { type CompiledOperation, compileOperation } from "./compile-operation.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";
import { type Operation, operationOf } from "./operation.ts";

/** Operations are kept up to this many characters of their documents and of what is sent to subgraphs for them. */
const keptCharacters = 16 * 2 ** 20;
/** How many spellings of documents are remembered beside. */
const keptSpellings = 2_000;
/** What a few kinds of callers may see of the same operation; custom roles and keys can make many more. */
const keptVariants = 8;

export type OperationCache = (
  document: DocumentNode,
  documentHash: string,
  operationName: string | undefined,
  identity: Identity,
) => CompiledOperation | undefined;

interface KnownOperation {
  operation: Operation;
  access: OperationAccess;
  /** By the key of what is refused of it. */
  variants: LRUCache<string, CompiledOperation>;
}

/**
 * Compiles each operation once, however its document is laid out, and once for each set of its fields that somebody is refused. What was used
 * least recently makes room.
 * @returns for a document without an operation of that name, or with several and no name: undefined
 */
export function operationCache(supergraph: LoadedSupergraph): OperationCache {
  const known = new LRUCache<string, KnownOperation>({
    maxSize: keptCharacters,
    sizeCalculation: ({ variants }, key) =>
      [...variants.values()].reduce((sum, { plan }) => sum + JSON.stringify(plan).length, key.length),
  });
  const knownOperation = (key: string, document: DocumentNode, name: string | undefined) => {
    const found = known.get(key);
    if (found) return found;
    const operation = operationOf(document, name);
    return (
      operation && {
        operation,
        access: operationAccess(supergraph.apiSchema, supergraph.requirements, operation),
        variants: new LRUCache<string, CompiledOperation>({ max: keptVariants }),
      }
    );
  };
  const spellings = new LRUCache<string, string>({ max: keptSpellings });
  return (document, documentHash, operationName, identity) => {
    const spelling = `${documentHash} ${operationName ?? ""}`;
    let key = spellings.get(spelling);
    if (key === undefined) {
      key = `${operationName ?? ""} ${stripIgnoredCharacters(print(document))}`;
      spellings.set(spelling, key);
    }
    const kept = knownOperation(key, document, operationName);
    if (!kept) return undefined;
    const refusals = kept.access.refusalsFor(identity);
    const variant = kept.variants.get(refusals.key);
    if (variant) return variant;
    const compiled = compileOperation(supergraph, kept.operation, refusals);
    kept.variants.set(refusals.key, compiled);
    // Another object, because a cache does not weigh again what it already holds.
    known.set(key, { ...kept });
    return compiled;
  };
}
