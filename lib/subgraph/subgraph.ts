import { buildSubgraphSchema } from "@apollo/subgraph";
import { SpanKind } from "@opentelemetry/api";
import {
  type ConstDirectiveNode,
  defaultFieldResolver,
  type DefinitionNode,
  getNamedType,
  type ExecutionResult,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLScalarType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import { asset } from "../assets.ts";
import type { BatchLoader } from "../graphql/batching.ts";
import { executionOf } from "../graphql/compiled-execution.ts";
import { type ErrorCode, isRetryable, PublicError } from "../errors.ts";
import { scalars } from "../graphql/scalars.ts";
import { atEachReference, variableError, wrongLiteral } from "../graphql/input-errors.ts";
import type { LiveFields, LiveLog } from "../live/live-field.ts";
import { liveResolvers, liveSubscriptions, type ValidDocument } from "../live/live-subscriptions.ts";
import { log } from "../observability/log.ts";
import { maxReferences } from "./max-references.ts";
import { connectionFields } from "../graphql/connections.ts";
import { publicAccess, type Needs, type RequestContext, requirePermission } from "../trust/request-context.ts";
import { readSchema } from "./read-schema.ts";
import type { SubgraphRequest } from "./request.ts";
import type { Subscribable } from "../live/subscription.ts";
import { failSpan, requestSpan, span } from "../observability/tracing.ts";
import { isUuid } from "../uuid.ts";

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

/**
 * How a reference to an entity, `{ __typename, id }`, becomes its object: through a batch loader of the request, or `referenceOnly` where another subgraph
 * owns the entity and this one only adds fields to it. A reference cannot be defined in any other way.
 */
export type Reference<Context> = ((context: Context) => BatchLoader<unknown>) | typeof referenceOnly;

export const referenceOnly = Symbol("an entity of another subgraph, known here by its id alone");

/** The context that is opened for one request and closed when it has been answered. */
export interface OpenContext<Context> {
  context: Context;
  close(): Promise<void>;
}

export interface SubgraphDefinition<Context> {
  name: string;
  resolvers: Readonly<Record<string, unknown>>;
  entities: Readonly<Record<string, Reference<Context>>>;
  /**
   * Field (`Query.vm`) or type (`Vm`) → what it needs. Every root field is listed; other fields are listed if not every caller that reaches their object
   * may read them. The needs of a type apply to every field that returns it, and to every reference to it.
   */
  authorization: Readonly<Record<string, Needs>>;
  open(request: RequestContext, signal: AbortSignal | undefined): OpenContext<Context>;
  /** The fields of `Subscription`, and the log that is their source; without it there are no subscriptions. */
  live?: { fields: LiveFields<Context>; log: LiveLog | undefined };
}

const cachedDocuments = 500;

/** @throws Error when the schema, its resolvers, its entities and its authorization do not fit each other */
export function createSubgraph<Context extends { request: RequestContext }>(
  definition: SubgraphDefinition<Context>,
): Subgraph {
  const schema = executableSchema(definition);
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

  const opened = async <T>(
    request: RequestContext,
    signal: AbortSignal | undefined,
    use: (context: Context) => Promise<T>,
  ): Promise<T> => {
    const { context, close } = definition.open(request, signal);
    try {
      return await use(context);
    } finally {
      close().catch((error: unknown) =>
        log.subgraph.warn({ err: error, subgraph: definition.name }, "closing a request failed"),
      );
    }
  };

  const withPublicErrors = (result: ExecutionResult, request: RequestContext): ExecutionResult => {
    if (!result.errors) return result;
    const errors = result.errors.map((error) => publicError(error, definition.name, request));
    traceFailure(errors);
    return { ...result, errors };
  };

  const answer: Subgraph["execute"] = async ({ query, variables = {} }, request, signal) => {
    const found = executionFor(query);
    if (!("execute" in found)) return { errors: found.flatMap((error) => atEachReference(error, variables)) };
    return opened(request, signal, async (context) =>
      withPublicErrors(await found.execute(context, variables), request),
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
      definition.live?.log &&
      liveSubscriptions<Context>({
        name: definition.name,
        schema,
        fields: definition.live.fields,
        log: definition.live.log,
        needs: (field) => needsOf(field, "Subscription", definition.authorization),
        documentFor: executionFor,
        opened: (request, signal, use) =>
          requestSpan(`subgraph ${definition.name}`, spanOptions, () => opened(request, signal, use)),
        withPublicErrors,
      }),
  };
}

const isMutation = (node: DefinitionNode): boolean =>
  node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.MUTATION;

/** Returns the public form of an error: public errors unchanged; of all others only the request id. */
function publicError(error: GraphQLError, subgraph: string, { requestId }: RequestContext): GraphQLError {
  const cause = error.originalError;
  if (cause instanceof PublicError)
    return withCause(error, cause, { ...error.extensions, code: cause.code, ...cause.details });
  if (!error.path) return variableError(error);
  if (error.extensions["code"] === "BAD_USER_INPUT") return error;
  log.subgraph.error({ err: cause ?? error, path: error.path, subgraph, requestId }, "a field failed");
  const masked = new PublicError("INTERNAL_SERVER_ERROR", `The service failed (request ${requestId}).`);
  return withCause(error, masked, { code: masked.code, requestId });
}

/** Returns the same error of a field with another cause. */
const withCause = ({ nodes, path }: GraphQLError, cause: PublicError, extensions: Record<string, unknown>) =>
  new GraphQLError(cause.message, { nodes, path, originalError: cause, extensions });

/** Marks the span as failed. An error that the client caused is not a failure of the call. */
function traceFailure(errors: readonly GraphQLError[]): void {
  const code = errors
    .map(({ extensions }) => extensions["code"] as ErrorCode)
    .find((each) => each === "INTERNAL_SERVER_ERROR" || isRetryable(each));
  if (code) failSpan(code);
}

type TypeResolvers = Record<string, unknown>;

function executableSchema<Context extends { request: RequestContext }>(
  definition: SubgraphDefinition<Context>,
): GraphQLSchema {
  const { name, resolvers, entities, authorization, live } = definition;
  const typeDefs = readSchema(asset(`subgraphs/${name}/schema.graphql`));
  const completed: Record<string, TypeResolvers | GraphQLScalarType> = {};
  for (const node of typeDefs.definitions) {
    if (node.kind === Kind.SCALAR_TYPE_DEFINITION) completed[node.name.value] = scalarNamed(node.name.value, name);
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const type = node.name.value;
    if (type === "Subscription") {
      completed[type] = liveResolvers(node, name, live?.fields ?? {});
      continue;
    }
    const own = (resolvers[type] ?? {}) as TypeResolvers;
    if ("__resolveReference" in own) {
      throw new Error(`${type} of subgraph ${name} resolves its own references: list it in \`entities\`.`);
    }
    completed[type] = { ...(type.endsWith("Connection") ? connectionFields : {}), ...own };
    const key = node.directives?.find((directive) => directive.name.value === "key");
    if (!key || isUnresolvable(key)) continue;
    const reference = entities[type];
    if (!reference) throw new Error(`Entity ${type} of subgraph ${name} has no entry in \`entities\`.`);
    completed[type] = {
      ...completed[type],
      __resolveReference: referenceResolver(type, reference, authorization[type] ?? publicAccess),
    };
  }
  for (const [type, own] of Object.entries(resolvers)) completed[type] ??= own as TypeResolvers;
  // The only cast: codegen has typed each resolver against this schema, which the builder's own type cannot express.
  const modules = { typeDefs, resolvers: completed } as unknown as Parameters<typeof buildSubgraphSchema>[0];
  const schema = buildSubgraphSchema(modules);
  guardFields(schema, name, authorization);
  return schema;
}

function scalarNamed(scalar: string, subgraph: string): GraphQLScalarType {
  const found = scalars[scalar];
  if (!found) throw new Error(`Scalar ${scalar} of subgraph ${subgraph} is not in lib/graphql/scalars.ts.`);
  return found;
}

/** Returns whether a key is `@key(…, resolvable: false)`: the subgraph only refers to the type. */
const isUnresolvable = (key: ConstDirectiveNode): boolean =>
  key.arguments?.some(
    ({ name, value }) => name.value === "resolvable" && value.kind === Kind.BOOLEAN && !value.value,
  ) ?? false;

function referenceResolver<Context extends { request: RequestContext }>(
  typename: string,
  reference: Reference<Context>,
  needs: Needs,
) {
  if (reference === referenceOnly) {
    return ({ id }: { id: unknown }) => (isUuid(id) ? { __typename: typename, id } : null);
  }
  return async ({ id }: { id: string }, context: Context) => {
    requirePermission(context.request.identity, needs);
    const row = await reference(context).load(id);
    return row === null ? null : { ...row, __typename: typename };
  };
}

interface GuardedContext {
  request: RequestContext;
  /** In a subgraph that writes: clears the loaded data. */
  written?: () => void;
}
type GuardedResolver = GraphQLFieldResolver<unknown, GuardedContext>;

/**
 * Makes every field check its own needs and those of the type that it returns before its resolver runs. A root field that is not listed prevents the start.
 */
function guardFields(schema: GraphQLSchema, subgraph: string, authorization: Readonly<Record<string, Needs>>): void {
  const listed = new Set(Object.keys(authorization));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    listed.delete(type.name);
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.name === "_service") continue;
      const resolve: GuardedResolver = field.resolve ?? defaultFieldResolver;
      if (field.name === "_entities") {
        field.resolve = withFewReferences(resolve);
        continue;
      }
      const coordinate = `${type.name}.${field.name}`;
      if (roots.includes(type) && !(coordinate in authorization))
        throw new Error(`${coordinate} of subgraph ${subgraph} has no entry in its authorization.`);
      listed.delete(coordinate);
      const needs = needsOf(field, type.name, authorization);
      const begun = type === schema.getMutationType() ? begunAnew(resolve) : resolve;
      field.resolve = needs.length > 0 ? guardedBy(needs, begun) : begun;
    }
  }
  if (listed.size > 0)
    throw new Error(`Authorization of subgraph ${subgraph} names unknown types or fields: ${[...listed].join(", ")}.`);
}

/** Returns the needs of a field and of the type that it returns. */
const needsOf = (
  { name, type }: GraphQLField<unknown, unknown>,
  parent: string,
  authorization: Readonly<Record<string, Needs>>,
): Needs[] =>
  [authorization[`${parent}.${name}`], authorization[getNamedType(type).name]].filter((needs) => needs !== undefined);

/**
 * Clears the loaded data before a mutation: data that the previous mutation's payload read must neither answer this one, nor hold a connection while this
 * one runs.
 */
const begunAnew =
  (resolve: GuardedResolver): GuardedResolver =>
  (source, args, context, info) => {
    context.written?.();
    return resolve(source, args, context, info);
  };

const guardedBy =
  (needs: readonly Needs[], resolve: GuardedResolver): GuardedResolver =>
  (source, args, context, info) => {
    for (const each of needs) requirePermission(context.request.identity, each);
    return resolve(source, args, context, info);
  };

const withFewReferences =
  (resolve: GuardedResolver): GuardedResolver =>
  (source, args: { representations: unknown[] }, context, info) => {
    if (args.representations.length > maxReferences) {
      throw new PublicError("BAD_USER_INPUT", `At most ${maxReferences} references a call.`, {
        argument: "representations",
      });
    }
    return resolve(source, args, context, info);
  };
