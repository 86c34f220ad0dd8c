import {
  type DocumentNode,
  type ExecutionResult,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type ObjectTypeDefinitionNode,
  OperationTypeNode,
} from "graphql";
import type { Execute } from "../graphql/compiled-execution.ts";
import { type ErrorCode, errorCodes, isRetryable, PublicError } from "../errors.ts";
import { type EventPosition, invalidPosition, parsePosition, positionText } from "./event-position.ts";
import { variableError } from "../graphql/input-errors.ts";
import type { LiveField, LiveFields, LiveLog } from "./live-field.ts";
import { everyEvent, type LiveEntry, newestOfEach } from "./emitted-batches.ts";
import { log } from "../observability/log.ts";
import { pause } from "../pause.ts";
import { platformTenantId } from "../trust/platform-tenant.ts";
import { type Needs, type RequestContext, requirePermission } from "../trust/request-context.ts";
import { rootField } from "../graphql/root-field.ts";
import type { Subscribable, SubscriptionEvent, SubscriptionRequest } from "./subscription.ts";

/** A document that fits the schema, ready to be executed. */
export interface ValidDocument {
  document: DocumentNode;
  execute: Execute;
}

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

/** The time without events after which the position is emitted. */
const idleMs = 15_000;
/** The same while events arrive that the field does not emit. */
const busyIdleMs = 5_000;
/** The time that the events of one moment may take. */
const momentMs = 10_000;
/** The number of events that are executed at once. */
const atOnce = 500;
const retryMs = 250;
/** The number of attempts for an event that takes too long. */
const mostAttempts = 3;

/** Returns the subscriptions of a subgraph: each event that a field emits is the root of one execution of the document. */
export function liveSubscriptions<Context>(subgraph: LiveSubgraph<Context>): Subscribable {
  return {
    position: async (signal) => {
      signal.throwIfAborted();
      const head = subgraph.log.head();
      await pause(momentMs, signal, head);
      signal.throwIfAborted();
      return positionText(await head);
    },
    subscribe: (request, context, signal) => follow(subgraph, request, context, signal),
  };
}

async function* follow<Context>(
  subgraph: LiveSubgraph<Context>,
  request: SubscriptionRequest,
  context: RequestContext,
  signal: AbortSignal,
): AsyncGenerator<readonly SubscriptionEvent[], void, void> {
  const { name } = subgraph;
  try {
    const subscribed = subscribedField(subgraph, request);
    for (const needs of subgraph.needs(subscribed.definition)) requirePermission(context.identity, needs);
    let reached: string | undefined;
    let emittedAt = -Infinity;
    for await (const moment of momentsOf(subgraph, subscribed, request, context, signal)) {
      let isEmitted = false;
      for (let start = 0; start < moment.entries.length; start += atOnce) {
        const chunk = moment.entries.slice(start, start + atOnce);
        const results = await settled(subgraph, subscribed, chunk, context, signal);
        if (!results) return;
        if (results.length === 0) continue;
        const isLast = start + atOnce >= moment.entries.length;
        // Of events that are emitted together, only the last one is after all of them.
        yield results.map(({ position, ...rest }, index) => ({
          ...rest,
          position: position ?? (isLast && index === results.length - 1 ? moment.reached : reached),
        }));
        isEmitted = true;
      }
      if (!isEmitted && moment.busy && performance.now() - emittedAt < busyIdleMs) continue;
      if (!isEmitted) yield [{ position: moment.reached }];
      ({ reached } = moment);
      emittedAt = performance.now();
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof PublicError) throw error;
    log.subgraph.error({ err: error, subgraph: name, requestId: context.requestId }, "a subscription failed");
    throw new PublicError("INTERNAL_SERVER_ERROR", `The service failed (request ${context.requestId}).`);
  }
}

interface Subscribed<Context> {
  definition: GraphQLField<unknown, unknown>;
  field: LiveField<unknown, Context, unknown, unknown>;
  args: unknown;
  execute: Execute;
  variables: Readonly<Record<string, unknown>>;
}

/** @throws PublicError GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_USER_INPUT */
function subscribedField<Context>(
  { schema, fields, documentFor }: LiveSubgraph<Context>,
  { query, variables = {} }: SubscriptionRequest,
): Subscribed<Context> {
  const found = parsed(documentFor, query);
  if (!("execute" in found)) throw asPublicError(found[0]);
  const operation = getOperationAST(found.document);
  const node =
    operation?.operation === OperationTypeNode.SUBSCRIPTION ? rootField(found.document, operation) : undefined;
  const definition = node && schema.getSubscriptionType()?.getFields()[node.name.value];
  const field = definition && fields[definition.name];
  if (!operation || !node || !field) throw new PublicError("BAD_REQUEST", "This is not a subscription to one field.");
  const given = getVariableValues(schema, operation.variableDefinitions ?? [], { ...variables });
  if (given.errors) throw asPublicError(given.errors[0] && variableError(given.errors[0]));
  // The cast is needed because only the name of the field determines the type of its arguments.
  const live = field as LiveField<unknown, Context, unknown, unknown>;
  return {
    definition,
    field: live,
    args: getArgumentValues(definition, node, given.coerced),
    variables,
    execute: found.execute,
  };
}

function parsed<Document>(documentFor: (query: string) => Document, query: string): Document {
  try {
    return documentFor(query);
  } catch (error) {
    throw error instanceof GraphQLError ? new PublicError("GRAPHQL_PARSE_FAILED", error.message) : error;
  }
}

function asPublicError(error: GraphQLError | undefined): PublicError {
  const { code, ...details } = error?.extensions ?? {};
  const known = typeof code === "string" && code in errorCodes;
  return new PublicError(known ? (code as ErrorCode) : "GRAPHQL_VALIDATION_FAILED", error?.message ?? "", details);
}

function momentsOf<Context>(
  { name, log: of }: LiveSubgraph<Context>,
  { field, args }: Subscribed<Context>,
  { after }: SubscriptionRequest,
  { identity }: RequestContext,
  signal: AbortSignal,
) {
  const valuesOf = field.valuesFor(args);
  const everyMs = field.everyMs?.(args);
  const start = after === undefined ? "now" : ownPosition(after, name);
  const options = {
    types: field.types,
    tenantId: field.ofPlatform ? platformTenantId : identity.tenantId,
    emitStart: true,
    idleMs,
  };
  const from = (until: AbortSignal) => of.follow(start, { ...options, signal: until });
  return everyMs === undefined
    ? everyEvent(from(signal), valuesOf, name)
    : newestOfEach(from, valuesOf, everyMs, signal);
}

/**
 * Returns the position of one database.
 * @throws PublicError POSITION_INVALID
 */
function ownPosition(text: string, name: string): EventPosition {
  const own = parsePosition(text)[name];
  if (!own) throw invalidPosition(`it has no position of the ${name} database`);
  return { [name]: own };
}

/**
 * Resolves the entries, all in one context and in one tick, so that their queries are batched. They are late while the database is unavailable.
 * @returns undefined after the signal
 */
async function settled<Context>(
  subgraph: LiveSubgraph<Context>,
  subscribed: Subscribed<Context>,
  entries: readonly LiveEntry[],
  caller: RequestContext,
  signal: AbortSignal,
): Promise<SubscriptionEvent[] | undefined> {
  const { field, args, execute, variables } = subscribed;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const request = { ...caller, deadline: Date.now() + momentMs };
    try {
      return await subgraph.opened(request, signal, async (context) => {
        const results = await Promise.all(
          entries.map(async ({ value: root, position, dropped }) => {
            if (field.admits && !(await field.admits(root, args, context))) return undefined;
            const result = await execute(context, variables, root);
            const passing = result.errors?.find(({ originalError }) => willPass(originalError, attempt));
            if (passing) throw passing.originalError;
            // A slow reader, too, only needs the newest event of each key.
            const replaces = field.everyMs ? String(root) : undefined;
            return { position, result, ...(dropped > 0 ? { dropped } : {}), ...(replaces ? { replaces } : {}) };
          }),
        );
        // Work that the signal interrupted has failed without a reason that a client should see.
        return signal.aborted
          ? undefined
          : results
              .filter((each) => each !== undefined)
              .map(({ result, ...each }) => ({ ...each, result: subgraph.withPublicErrors(result, request) }));
      });
    } catch (error) {
      if (!willPass(error, attempt)) throw error;
      log.subgraph.debug({ err: error, subgraph: subgraph.name }, "events are delayed: their database does not answer");
      await pause(retryMs, signal);
    }
  }
  return undefined;
}

const ofTheDatabase: ReadonlySet<ErrorCode> = new Set(["DATABASE_UNAVAILABLE", "OVERLOADED"]);

/** Returns whether another attempt makes sense: always for the database's state, a few times when the query itself may be the cause. */
const willPass = (error: unknown, attempt: number): boolean =>
  error instanceof PublicError &&
  (ofTheDatabase.has(error.code) || (isRetryable(error.code) && attempt < mostAttempts));

/** @throws Error when a field of the schema has no live field, or the other way round */
export function liveResolvers<Context>(
  { fields: declared = [] }: ObjectTypeDefinitionNode,
  subgraph: string,
  fields: LiveFields<Context>,
): Record<string, GraphQLFieldResolver<unknown, Context>> {
  const names = declared.map(({ name }) => name.value);
  const unknown = [
    ...names.filter((name) => !(name in fields)),
    ...Object.keys(fields).filter((name) => !names.includes(name)),
  ];
  if (unknown.length > 0) {
    throw new Error(
      `Subscriptions of subgraph ${subgraph} are not both in its schema and followed: ${unknown.join(", ")}.`,
    );
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      (root, args, context, info) => {
        if (root === undefined)
          throw new PublicError("BAD_REQUEST", "A subscription is not executed, but subscribed to.");
        return field.resolve(root, args as never, context, info);
      },
    ]),
  );
}
