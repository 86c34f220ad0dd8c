/** The limits of one request. Each number is the largest value that is allowed. */
export interface Limits {
  /** Lexical tokens of the document. */
  tokens: number;
  /** The same for callers with an API key: programs send documents written by people, not documents that a page has assembled. */
  tokensByKey: number;
  /** Levels of nested fields. */
  depth: number;
  /** The same below `__schema` and `__type`: introspection queries of tools nest a type in a type in a type. */
  introspectionDepth: number;
  aliases: number;
  /** Root fields of a query and of a mutation, including those in fragments. */
  rootFields: { query: number; mutation: number };
  directives: number;
  /** How often one selection set may name the same field. Comparing all of them with each other takes quadratic time. */
  repeats: number;
  /** Fields when every fragment is expanded at each place that spreads it. */
  selections: number;
  /** Entries of a list, in the document or in a variable. */
  listEntries: number;
  /** Levels of nested lists and objects, in the document or in a variable. */
  valueDepth: number;
  /** How many errors are returned for a document that does not fit the schema. */
  validationErrors: number;
  /** The largest estimated cost of an operation (`operation-cost.ts`). */
  cost: number;
  /** The time that planning may take, in milliseconds. */
  planMs: number;
}

export const defaultLimits: Limits = {
  tokens: 2_000,
  tokensByKey: 1_000,
  depth: 12,
  introspectionDepth: 20,
  aliases: 30,
  rootFields: { query: 20, mutation: 5 },
  directives: 10,
  repeats: 20,
  selections: 2_000,
  listEntries: 100,
  valueDepth: 32,
  validationErrors: 5,
  cost: 20_000,
  planMs: 1_000,
};

const none = Number.POSITIVE_INFINITY;

/** For callers without limits: a test suite, a benchmark. */
export const noLimits: Limits = {
  tokens: none,
  tokensByKey: none,
  depth: none,
  introspectionDepth: none,
  aliases: none,
  rootFields: { query: none, mutation: none },
  directives: none,
  repeats: none,
  selections: none,
  listEntries: none,
  valueDepth: none,
  validationErrors: none,
  cost: none,
  planMs: 60_000,
};
