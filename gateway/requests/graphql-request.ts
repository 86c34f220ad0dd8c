import type { Variables } from "#lib/graphql/variables.ts";

/** The request of a client, independent of the transport. */
export interface GraphQLRequest {
  query?: string | undefined;
  /** The id of a known document, such as `sha256:…`. */
  documentId?: string | undefined;
  operationName?: string | undefined;
  variables?: Variables | undefined;
  extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Mutations are refused: with this transport, the sender of the request need not intend a change. */
  queriesOnly?: boolean;
}

/** The response to a client. */
export interface GraphQLAnswer {
  /** The whole response as JSON. */
  body: string;
  /** The code of the reason why nothing was executed; undefined when the operation was executed, whatever failed in it. */
  refused?: string | undefined;
  /** The name of the known document that was executed. */
  document?: string | undefined;
  /** For a temporary refusal: the seconds after which to try again. */
  retryAfter?: number | undefined;
}
