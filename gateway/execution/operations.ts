import { getHeapStatistics } from "node:v8";
import { type DocumentNode, type GraphQLSchema, parse, print, stripIgnoredCharacters } from "graphql";
import { LRUCache } from "lru-cache";
import { type OperationCost, operationCost } from "../limits/operation-cost.ts";
import { type OperationAccess, operationAccess, type Refusals } from "../authorization/operation-access.ts";
import type { Planner } from "../planning/planner.ts";
import { type CompiledOperation, compileOperation } from "./compile-operation.ts";
import { type OperationVariables, operationVariables } from "./operation-variables.ts";
import { operationToPlan } from "../planning/operation-to-plan.ts";
import type { PlannedFor } from "../planning/selections-to-plan.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";
import { type Operation, operationOf } from "../operation.ts";

/** The share of the heap limit that operations may take. During a change of supergraphs, the operations of both are in memory. */
const heapShare = 1 / 8;
/** The same share for the spellings of documents. */
const spellingsShare = 1 / 64;
/** Enough variants of one operation for a few kinds of callers and a few values of its booleans; custom roles and keys can make many more. */
const keptVariants = 64;

/** An operation of a valid document. */
export interface KnownOperation {
  /** The key of the operation: its text without insignificant characters. */
  key: string;
  operation: Operation;
  /** Lexical tokens of the document as it was first spelled. */
  tokens: number;
  access: OperationAccess;
  cost: OperationCost;
  variables: OperationVariables;
  /** Compiled variants, by the key of the refused fields and of the booleans that they are planned for. */
  variants: LRUCache<string, Compiled>;
}

interface Compiled {
  operation: Promise<CompiledOperation>;
  /** The resolved value, so that a request need not wait for a promise. */
  ready?: CompiledOperation;
  /** The estimated size in bytes. */
  size: number;
}

/** Names as in the specification (2.1.9). */
const namePattern = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** A document that may be executed, and its length. */
export interface GoodDocument {
  document: DocumentNode;
  tokens: number;
}

/**
 * Estimates of heap use in bytes, measured with operations of 10 to 150 tokens over the five subgraphs of `bench/gateway`. The compiled form of a short
 * document takes hundreds of times as much as its text.
 */
const bytesOf = {
  spelling: (key: string, spelling: string): number => 200 + key.length + spelling.length,
  known: (key: string, tokens: number): number => 6_000 + 2 * key.length + 200 * tokens,
  compiled: (plan: CompiledOperation["plan"], tokens: number): number =>
    2_000 + 10 * JSON.stringify(plan).length + 300 * tokens,
};

/**
 * The operations of one supergraph. Each is compiled once, whatever the layout of its document, and once for each set of its fields that a caller is
 * refused. The least recently used ones are evicted.
 */
export class Operations {
  readonly #supergraph: LoadedSupergraph;
  readonly #planner: Planner;
  readonly #read: (text: string) => GoodDocument;
  readonly #spellings = new LRUCache<string, string>({
    maxSize: Math.ceil(getHeapStatistics().heap_size_limit * spellingsShare),
    sizeCalculation: bytesOf.spelling,
  });
  readonly #known = new LRUCache<string, KnownOperation>({
    maxSize: Math.ceil(getHeapStatistics().heap_size_limit * heapShare),
    sizeCalculation: ({ tokens, variants }, key) =>
      [...variants.values()].reduce((sum, { size }) => sum + size, bytesOf.known(key, tokens)),
  });

  /** @param read parses a document and checks it against the schema and the limits; throws the errors that are returned to the client */
  constructor(supergraph: LoadedSupergraph, planner: Planner, read: (text: string) => GoodDocument) {
    this.#supergraph = supergraph;
    this.#planner = planner;
    this.#read = read;
  }

  get apiSchema(): GraphQLSchema {
    return this.#supergraph.apiSchema;
  }

  /** The subgraphs that have subscriptions. */
  get subscribable(): readonly string[] {
    return this.#supergraph.subscribable;
  }

  /**
   * Finds or reads an operation.
   * @returns undefined for a document without an operation of that name, or with several and no name
   */
  find(text: string, operationName: string | undefined): KnownOperation | undefined {
    // The name is part of the keys below. An invalid name could contain the beginning of another document, whose operation would then be found.
    if (operationName !== undefined && !namePattern.test(operationName)) return undefined;
    const spelling = `${operationName ?? ""} ${text}`;
    const key = this.#spellings.get(spelling);
    const known = key === undefined ? undefined : this.#known.get(key);
    return known ?? this.#learn(text, spelling, operationName);
  }

  /** Returns the operation compiled for these refused fields and these values of `@include` and `@skip`; synchronously when it is ready. */
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
        compiled.size = bytesOf.compiled(operation.plan, known.tokens);
        // The entry is set again, because the cache does not recompute the size of an entry that it holds.
        if (this.#known.delete(known.key)) this.#known.set(known.key, known);
      },
      // A failed compilation is retried at the next request.
      () => known.variants.delete(key),
    );
    return compiled.operation;
  }

  stop(): Promise<void> {
    return this.#planner.stop();
  }

  #learn(text: string, spelling: string, operationName: string | undefined): KnownOperation | undefined {
    const { document, tokens } = this.#read(text);
    const stripped = stripIgnoredCharacters(print(document));
    const key = `${operationName ?? ""} ${stripped}`;
    const found = this.#known.get(key);
    if (found) {
      this.#spellings.set(spelling, key);
      return found;
    }
    // The text is parsed again: locations retain the whole document with its comments and tokens, and other documents may have another layout.
    const operation = operationOf(parse(stripped, { noLocation: true }), operationName);
    if (!operation) return undefined;
    const { apiSchema, accessRules, costs } = this.#supergraph;
    const known: KnownOperation = {
      key,
      operation,
      tokens,
      access: operationAccess(apiSchema, accessRules, operation),
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
