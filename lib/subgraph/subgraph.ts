import { SpanKind } from "@opentelemetry/api";
import {
  type DefinitionNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import { executionOf } from "../graphql/compiled-execution.ts";
import { atEachReference, wrongLiteral } from "../graphql/input-errors.ts";
import type { LiveLog } from "../live/live-field.ts";
import type { ValidDocument } from "../live/live-subgraph.ts";
import { liveSubscriptions } from "../live/live-subscriptions.ts";
import type { Subscribable } from "../live/subscription.ts";
import { log } from "../observability/log.ts";
import { requestSpan, span } from "../observability/tracing.ts";
import type { RequestContext } from "../trust/request-context.ts";
import type { DeclaredNeeds } from "./declared-needs.ts";
import { executableSchema, type SubgraphContext, type SubgraphDefinition } from "./executable-schema.ts";
import { needsOf } from "./field-guards.ts";
import { withPublicErrors } from "./public-errors.ts";
import type { SubgraphRequest } from "./request.ts";

/** A subgraph as its callers see it: the gateway in the same process, or the subgraph's own HTTP server. */
export interface Subgraph {
  readonly name: string;
  readonly schema: GraphQLSchema;
  execute(request: SubgraphRequest, context: RequestContext, signal?: AbortSignal): Promise<ExecutionResult>;
  /** Returns whether an operation of the request is a mutation. False for an invalid document: it is not executed. */
  writes(request: SubgraphRequest): boolean;
  /** Undefined for a subgraph whose schema has none. */
  readonly subscriptions?: Subscribable | undefined;
}

/** The context that is opened for one request and closed when it has been answered. */
export interface OpenContext<Context> {
  context: Context;
  close(): Promise<void>;
}

/** What one subgraph of a definition has of its own. */
export interface SubgraphSources<Context> {
  open(request: RequestContext, signal: AbortSignal | undefined): OpenContext<Context>;
  /** The log that is the source of the fields of `Subscription`; without it there are no subscriptions. */
  log?: LiveLog | undefined;
}

/** @throws Error when the schema, its access directives, its resolvers and its entities do not fit each other */
export function createSubgraph<Context extends SubgraphContext>(
  definition: SubgraphDefinition<Context>,
  { open, log: liveLog }: SubgraphSources<Context>,
): Subgraph {
  const { schema, needs, executionFor } = compiledSubgraph(definition);

  const opened = async <T>(
    request: RequestContext,
    signal: AbortSignal | undefined,
    use: (context: Context) => Promise<T>,
  ): Promise<T> => {
    const { context, close } = open(request, signal);
    try {
      return await use(context);
    } finally {
      close().catch((error: unknown) =>
        log.subgraph.warn({ err: error, subgraph: definition.name }, "closing a request failed"),
      );
    }
  };

  const answer: Subgraph["execute"] = async ({ query, variables = {} }, request, signal) => {
    const found = executionFor(query);
    if (!("execute" in found)) return { errors: found.flatMap((error) => atEachReference(error, variables)) };
    return opened(request, signal, async (context) =>
      withPublicErrors(await found.execute(context, variables), definition.name, request),
    );
  };

  const spanOptions = { kind: SpanKind.SERVER, attributes: { "novacron.subgraph": definition.name } };
  return {
    name: definition.name,
    schema,
    execute: (request, context, signal) =>
      span(`subgraph ${definition.name}`, spanOptions, () => answer(request, context, signal)),
    writes: ({ query }) => {
      const found = executionFor(query);
      return "document" in found && found.document.definitions.some(isMutation);
    },
    subscriptions:
      liveLog &&
      liveSubscriptions<Context>({
        name: definition.name,
        schema,
        fields: definition.live ?? {},
        log: liveLog,
        needs: (field) => needsOf(needs, "Subscription", field),
        documentFor: executionFor,
        opened: (request, signal, use) =>
          requestSpan(`subgraph ${definition.name}`, spanOptions, () => opened(request, signal, use)),
        withPublicErrors: (result, request) => withPublicErrors(result, definition.name, request),
      }),
  };
}

interface CompiledSubgraph {
  schema: GraphQLSchema;
  needs: DeclaredNeeds;
  /** Returns a document as it is executed, or why it is invalid. */
  executionFor(query: string): ValidDocument | readonly GraphQLError[];
}

const compiled = new WeakMap<object, CompiledSubgraph>();
const cachedDocuments = 500;

/** Returns the schema of a definition, and the documents compiled for it. They depend on no source, so that a process builds them once for each definition. */
function compiledSubgraph<Context extends SubgraphContext>(definition: SubgraphDefinition<Context>): CompiledSubgraph {
  const found = compiled.get(definition);
  if (found) return found;
  const { schema, needs } = executableSchema(definition);
  const executions = new LRUCache<string, ValidDocument | readonly GraphQLError[]>({ max: cachedDocuments });
  const executionFor = (query: string): ValidDocument | readonly GraphQLError[] => {
    let execution = executions.get(query);
    if (!execution) {
      const document = parse(query, { noLocation: true });
      const errors = validate(schema, document);
      execution =
        errors.length > 0
          ? errors.map((error) => wrongLiteral(error, document))
          : { document, execute: executionOf(schema, document, query) };
      executions.set(query, execution);
    }
    return execution;
  };
  const subgraph = { schema, needs, executionFor };
  compiled.set(definition, subgraph);
  return subgraph;
}

const isMutation = (node: DefinitionNode): boolean =>
  node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.MUTATION;
