import { type DocumentNode, type GraphQLSchema, print, stripIgnoredCharacters } from "graphql";
import { LRUCache } from "lru-cache";
import { type OperationCost, operationCost } from "../admission/operation-cost.ts";
import { type OperationAccess, operationAccess, type Refusals } from "../authorization/operation-access.ts";
import type { Planner } from "../planning/planner.ts";
import { type CompiledOperation, compileOperation } from "./compile-operation.ts";
import { type OperationVariables, operationVariables } from "./operation-variables.ts";
import { operationToPlan, type PlannedFor } from "../planning/operation-to-plan.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";
import { type Operation, operationOf } from "../operation.ts";

/** Operations are kept up to this many characters of their documents and of what is sent to subgraphs for them. */
const keptCharacters = 16 * 2 ** 20;
/** How many characters of spellings of documents are remembered beside. */
const keptSpellings = 8 * 2 ** 20;
/** What a few kinds of callers may see of the same operation, for a few values of its booleans; custom roles and keys can make many more. */
const keptVariants = 64;

/** An operation of a document that was found good. */
export interface KnownOperation {
  /** Its text without what is insignificant in it, by which it is known. */
  key: string;
  operation: Operation;
  /** Lexical tokens of the document as it was first spelled. */
  tokens: number;
  access: OperationAccess;
  cost: OperationCost;
  variables: OperationVariables;
  /** By the key of what is refused of it, and of the booleans that it is planned for. */
  variants: LRUCache<string, Compiled>;
}

interface Compiled {
  operation: Promise<CompiledOperation>;
  /** The same when it is there, that a request need not wait for a promise. */
  ready?: CompiledOperation;
  /** Characters of its plan. */
  size: number;
}

/** A document that may be executed, and how long it is. */
export interface GoodDocument {
  document: DocumentNode;
  tokens: number;
}

/**
 * The operations of one supergraph: each is compiled once, however its document is laid out, and once for each set of its fields that somebody is
 * refused. What was used least recently makes room.
 */
export class Operations {
  readonly #supergraph: LoadedSupergraph;
  readonly #planner: Planner;
  readonly #read: (text: string) => GoodDocument;
  readonly #spellings = new LRUCache<string, string>({
    maxSize: keptSpellings,
    sizeCalculation: (key, spelling) => key.length + spelling.length,
  });
  readonly #known = new LRUCache<string, KnownOperation>({
    maxSize: keptCharacters,
    sizeCalculation: ({ variants }, key) =>
      [...variants.values()].reduce((sum, variant) => sum + variant.size, key.length),
  });

  /** @param read parses a document and holds it against the schema and the limits; throws what is to be told */
  constructor(supergraph: LoadedSupergraph, planner: Planner, read: (text: string) => GoodDocument) {
    this.#supergraph = supergraph;
    this.#planner = planner;
    this.#read = read;
  }

  get apiSchema(): GraphQLSchema {
    return this.#supergraph.apiSchema;
  }

  /** @returns undefined for a document without an operation of that name, or with several and no name */
  find(text: string, operationName: string | undefined): KnownOperation | undefined {
    const spelling = `${operationName ?? ""} ${text}`;
    const key = this.#spellings.get(spelling);
    const known = key === undefined ? undefined : this.#known.get(key);
    return known ?? this.#learn(text, spelling, operationName);
  }

  /** The operation for who is refused these of its fields, and for these values of `@include` and `@skip`; at once when it is known. */
  compiled(
    known: KnownOperation,
    refusals: Refusals,
    booleans: ReadonlyMap<string, boolean>,
  ): CompiledOperation | Promise<CompiledOperation> {
    const values = [...booleans.values()].map(Number).join("");
    const key = `${values} ${refusals.key}`;
    const variant = known.variants.get(key);
    if (variant) return variant.ready ?? variant.operation;
    const compiled: Compiled = { operation: this.#compile(known, { refused: refusals.fields, booleans }), size: 0 };
    known.variants.set(key, compiled);
    compiled.operation.then(
      (operation) => {
        compiled.ready = operation;
        compiled.size = JSON.stringify(operation.plan).length;
        // Set anew, because a cache does not weigh again what it already holds.
        if (this.#known.delete(known.key)) this.#known.set(known.key, known);
      },
      // What failed is tried again when it is asked for again.
      () => known.variants.delete(key),
    );
    return compiled.operation;
  }

  stop(): Promise<void> {
    return this.#planner.stop();
  }

  #learn(text: string, spelling: string, operationName: string | undefined): KnownOperation | undefined {
    const { document, tokens } = this.#read(text);
    const key = `${operationName ?? ""} ${stripIgnoredCharacters(print(document))}`;
    const found = this.#known.get(key);
    if (found) {
      this.#spellings.set(spelling, key);
      return found;
    }
    const operation = operationOf(document, operationName);
    if (!operation) return undefined;
    const { apiSchema, requirements, costs } = this.#supergraph;
    const known: KnownOperation = {
      key,
      operation,
      tokens,
      access: operationAccess(apiSchema, requirements, operation),
      cost: operationCost(apiSchema, costs, operation),
      variables: operationVariables(apiSchema, operation),
      variants: new LRUCache({ max: keptVariants }),
    };
    this.#spellings.set(spelling, key);
    this.#known.set(key, known);
    return known;
  }

  async #compile({ operation }: KnownOperation, plannedFor: PlannedFor): Promise<CompiledOperation> {
    const planned = operationToPlan(this.#supergraph, operation, plannedFor);
    return compileOperation(this.#supergraph, planned, await this.#planner.plan(planned.toPlan));
  }
}
