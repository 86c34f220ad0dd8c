import { buildOperationContext, executeQueryPlan } from "@apollo/gateway";
import { Supergraph } from "@apollo/federation-internals";
import type { QueryPlan } from "@apollo/query-planner";
import {
  type DocumentNode,
  type ExecutionResult,
  getNamedType,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";
import type { Policies } from "#gateway/authorization/access-rule.ts";
import { loadSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { fragmentsOf, operationOf } from "#gateway/operation.ts";
import { InvalidAnswer } from "#gateway/execution/invalid-answer.ts";
import { failedFields } from "#gateway/execution/failed-fields.ts";
import { PublicError } from "#lib/errors.ts";
import type { CompiledOperation } from "#gateway/execution/compile-operation.ts";
import { operationVariables } from "#gateway/execution/operation-variables.ts";
import { compileSynchronously } from "./compile-synchronously.ts";
import type { GeneratedOperation } from "./documents.ts";

export type AskSubgraphs = (
  subgraph: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
) => Promise<ExecutionResult>;

export type Path = readonly (string | number)[];

/** The result of an executor for an operation, ready to be compared. */
export interface Outcome {
  data: unknown;
  errors: { message: string; code: unknown; path: Path | undefined }[];
  /** The paths of values that do not match their types; Apollo reports them separately from errors. */
  invalid: Path[];
}

export interface BothExecutors {
  schema: GraphQLSchema;
  plan(operation: GeneratedOperation): QueryPlan;
  /** Returns whether Apollo's execution answers the query correctly: it loses the type of an object in a fragment on an interface. */
  isOracle(query: string): boolean;
  ours(operation: GeneratedOperation, ask: AskSubgraphs): Promise<Outcome>;
  /** The oracle: executes the same plan with Apollo's own execution. */
  apollo(operation: GeneratedOperation, ask: AskSubgraphs): Promise<Outcome>;
}

export function bothExecutors(sdl: string, policies: Policies = {}): BothExecutors {
  const supergraph = loadSupergraph(sdl, policies);
  const supergraphSchema = Supergraph.build(sdl, { supportedFeatures: null }).schema.toGraphQLJSSchema();
  const compiled = ({ query, variables }: GeneratedOperation): CompiledOperation => {
    const operation = operationOf(parse(query), undefined);
    if (!operation) throw new Error("The document has no operation.");
    const { booleans } = operationVariables(supergraph.apiSchema, operation);
    return compileSynchronously(supergraph, operation, { booleans: booleans(variables) });
  };
  return {
    schema: supergraph.apiSchema,
    plan: (operation) => compiled(operation).plan,
    isOracle: (query) => !namesObjectsAgain(supergraph.apiSchema, parse(query)),
    ours: async (operation, ask) => {
      const { json, errors } = await compiled(operation).execute(
        operation.variables,
        ({ serviceName, operation: text }, given) => answered(ask, serviceName, text, given),
      );
      return {
        data: JSON.parse(json) as unknown,
        errors: errors.filter((error) => !isInvalid(error)).map(comparable),
        invalid: errors.filter(isInvalid).map(({ path }) => path ?? []),
      };
    },
    apollo: async (operation, ask) => {
      const { variables } = operation;
      const document = parse(operation.query);
      const services = new Proxy(
        {},
        {
          get: (_target, name) => ({
            process: ({ request }: { request: { query: string; variables: Record<string, unknown> } }) =>
              answered(ask, String(name), request.query, request.variables),
          }),
        },
      );
      // oxlint-disable-next-line typescript/no-explicit-any -- the parts of its many parameters that it reads
      const request = { request: { variables }, metrics: {}, logger: console } as any;
      const { data, errors, extensions } = await executeQueryPlan(
        compiled(operation).plan,
        services,
        request,
        buildOperationContext({ schema: supergraph.apiSchema, operationDocument: document }),
        supergraphSchema,
        supergraph.planned.plannedSchema,
      );
      const completion = (extensions?.["valueCompletion"] ?? []) as GraphQLError[];
      return {
        data: JSON.parse(JSON.stringify(data ?? null)) as unknown,
        errors: (errors ?? []).map(comparable),
        invalid: completion.map(({ path }) => path ?? []),
      };
    },
  };
}

const isInvalid = ({ originalError }: GraphQLError): boolean => originalError instanceof InvalidAnswer;

/** Calls a subgraph as the gateway does: without a response, each field has failed. The returned data belongs to the caller alone. */
async function answered(
  ask: AskSubgraphs,
  subgraph: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<ExecutionResult> {
  try {
    const { data, errors } = await ask(subgraph, query, variables);
    return { data: structuredClone(data ?? null), ...(errors && errors.length > 0 ? { errors } : {}) };
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { data: null, errors: failedFields(parse(query), variables, error) };
  }
}

const comparable = ({ message, path, extensions }: GraphQLError) => ({
  message,
  code: (extensions as Record<string, unknown> | undefined)?.["code"],
  path,
});

/** Returns whether a fragment on an object type is inside one on an interface or a union, in an object whose type was already known. */
function namesObjectsAgain(schema: GraphQLSchema, { definitions }: DocumentNode): boolean {
  const inSet = (set: SelectionSetNode, type: GraphQLNamedType | undefined, known: boolean): boolean =>
    set.selections.some((selection) => {
      if (selection.kind === Kind.FIELD) {
        const fields = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
        const field = fields[selection.name.value];
        if (!selection.selectionSet || !field) return false;
        const named = getNamedType(field.type);
        return inSet(selection.selectionSet, named, isObjectType(named));
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) return false;
      const on = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
      if (isObjectType(on) && known && !isObjectType(type)) return true;
      return inSet(fragment.selectionSet, on, known || isObjectType(on));
    });
  const fragments = fragmentsOf({ kind: Kind.DOCUMENT, definitions });
  return definitions.some(
    (node) =>
      node.kind === Kind.OPERATION_DEFINITION &&
      inSet(node.selectionSet, schema.getRootType(node.operation) ?? undefined, true),
  );
}
