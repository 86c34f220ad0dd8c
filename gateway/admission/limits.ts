/** What one request may ask for at most. A number is the largest that is allowed. */
export interface Limits {
  /** Lexical tokens of the document. */
  tokens: number;
  /** The same for callers with an API key: programs send documents that somebody has written, not ones that a page has put together. */
  tokensByKey: number;
  /** Fields in fields. */
  depth: number;
  /** The same below `__schema` and `__type`, which tools ask for with a type in a type in a type. */
  introspectionDepth: number;
  aliases: number;
  /** Of a query and of a mutation, fragments counted in. */
  rootFields: { query: number; mutation: number };
  directives: number;
  /** How often one selection set names the same field: comparing them all with each other takes their square. */
  repeats: number;
  /** Fields when every fragment is written out at each place that spreads it. */
  selections: number;
  /** Entries of a list, in the document or in a variable. */
  listEntries: number;
  /** Lists and objects in lists and objects, in the document or in a variable. */
  valueDepth: number;
  /** How many of the errors of a document that does not fit the schema are told. */
  validationErrors: number;
  /** What an operation may cost by its estimate (`operation-cost.ts`). */
  cost: number;
  /** What a plan may take, in milliseconds. */
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

/** For whoever may ask for everything: a test suite, a benchmark. */
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
