/** What a client sends, however it came. */
export interface GraphQLRequest {
  query?: string | undefined;
  /** The id of a document that is known here, such as `sha256:…`. */
  documentId?: string | undefined;
  operationName?: string | undefined;
  variables?: Readonly<Record<string, unknown>> | undefined;
  extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Mutations are refused: so it came that whoever sends it need not mean to change anything. */
  queriesOnly?: boolean;
}

/** What a client gets. */
export interface GraphQLAnswer {
  /** The whole answer as JSON. */
  body: string;
  /** The code of why nothing was executed; undefined when it was, whatever failed in it. */
  refused?: string | undefined;
  /** The name of the known document that was executed. */
  document?: string | undefined;
  /** Of a refusal that passes: the seconds after which to try again. */
  retryAfter?: number | undefined;
}
