import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLField, GraphQLSchema } from "graphql";
import type { Execute } from "../graphql/compiled-execution.ts";
import type { Needs, RequestContext } from "../trust/request-context.ts";
import type { LiveFields, LiveLog } from "./live-field.ts";

/** A document that fits the schema, ready to be executed. */
export interface ValidDocument {
  document: DocumentNode;
  execute: Execute;
}

/** What a subgraph provides for its subscriptions. */
export interface LiveSubgraph<Context> {
  /** The name of the subgraph, and of its database in positions. */
  name: string;
  schema: GraphQLSchema;
  fields: LiveFields<Context>;
  log: LiveLog;
  /** Returns what a caller needs to subscribe to a field. */
  needs(field: GraphQLField<unknown, unknown>): readonly Needs[];
  documentFor(query: string): ValidDocument | readonly GraphQLError[];
  /** Runs `use` in a new context, which is closed afterwards. */
  opened<T>(request: RequestContext, signal: AbortSignal, use: (context: Context) => Promise<T>): Promise<T>;
  withPublicErrors(result: ExecutionResult, request: RequestContext): ExecutionResult;
}
