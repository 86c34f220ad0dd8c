import { getHeapStatistics } from "node:v8";
import { type DocumentNode, type GraphQLSchema, parse, print, stripIgnoredCharacters } from "graphql";
import { LRUCache } from "lru-cache";
import { type OperationCost, operationCost } from "../admission/operation-cost.ts";
import { type OperationAccess, operationAccess, type Refusals } from "../authorization/operation-access.ts";
import type { Planner } from "../planning/planner.ts";
import { type CompiledOperation, compileOperation } from "./compile-operation.ts";
import { type OperationVariables, operationVariables } from "./operation-variables.ts";
import { operationToPlan, type PlannedFor } from "../planning/operation-to-plan.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";
import { type Operation, operationOf } from "../operation.ts";

/** The part of what the heap may grow to that operations are kept up to. While one supergraph follows another there are those of both. */
const heapShare = 1 / 8;
/** The same of the spellings of documents. */
const spellingsShare = 1 / 64;
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
  /** Bytes, by estimate. */
  size: number;
}

/** Names of the specification (2.1.9). */
const namePattern = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** A document that may be executed, and how long it is. */
export interface GoodDocument {
  document: DocumentNode;
  tokens: number;
}

/**
 * What things take of the heap in bytes, as measured with operations of 10 to 150 tokens over the five subgraphs of `bench/gateway`: what is compiled of a
 * short document takes hundreds of times its characters.
 */
const bytesOf = {
  spelling: (key: string, spelling: string): number => 200 + key.length + spelling.length,
  known: (key: string, tokens: number): number => 6_000 + 2 * key.length + 200 * tokens,
  compiled: (plan: CompiledOperation["plan"], tokens: number): number =>
    2_000 + 10 * JSON.stringify(plan).length + 300 * tokens,
};

/**
 * The operations of one supergraph: each is compiled once, however its document is laid out, and once for each set of its fields that somebody is
 * refused. What was used least recently makes room.
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

  /** @param read parses a document and holds it against the schema and the limits; throws what is to be told */
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

  /** @returns undefined for a document without an operation of that name, or with several and no name */
  find(text: string, operationName: string | undefined): KnownOperation | undefined {
    // It is part of the keys below. What is no name could contain the beginning of another document, whose operation would then be found.
    if (operationName !== undefined && !namePattern.test(operationName)) return undefined;
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
        compiled.size = bytesOf.compiled(operation.plan, known.tokens);
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
    const stripped = stripIgnoredCharacters(print(document));
    const key = `${operationName ?? ""} ${stripped}`;
    const found = this.#known.get(key);
    if (found) {
      this.#spellings.set(spelling, key);
      return found;
    }
    // Read again, because places in a document hold on to all of it, to its comments and to each of its tokens; and others may lay it out in another way.
    const operation = operationOf(parse(stripped, { noLocation: true }), operationName);
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
