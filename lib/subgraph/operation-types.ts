import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type OperationTypeDefinitionNode,
  OperationTypeNode,
  parse,
} from "graphql";
import { withImports } from "./federation-imports.ts";

// What the operations of all domains have in common. Each domain's type has these fields, so that an operation is read from its own database.
const sdl = `
  "Work of several steps that survives crashes: whichever process dies, another continues it, and what cannot be finished is undone."
  interface Operation {
    "The operation's id."
    id: ID!
    "The kind of work, such as \`create_vm\`."
    kind: String!
    "The object that it works on. Null when it works on no single object."
    subject: OperationSubject
    "The state."
    state: OperationState!
    "The steps in their order, with those that have not begun."
    steps: [OperationStep!]!
    "How much of it is done."
    progress: OperationProgress!
    "The name of the signal that it waits for. Null when it waits for none."
    waitingFor: String
    "When its wait, or the delay before the next attempt, ends. Null when there is neither."
    resumesAt: DateTime
    "Whether it can be cancelled now."
    cancellable: Boolean!
    "When it was cancelled: what was attempted is undone. Null when it was not."
    cancelRequestedAt: DateTime
    "The reason why it was not done. Null unless it failed or was cancelled."
    error: OperationError
    "The steps whose effects could not be undone. Empty unless it is parked or abandoned."
    leftBehind: [OperationLeftover!]!
    "The actor who started it, such as \`user:<id>\` or \`job:<name>\`. Null when none was recorded."
    actor: String
    "The id of the request that started it. Null when none did."
    requestId: String
    "When it was started."
    createdAt: DateTime!
    "When it was last changed."
    updatedAt: DateTime!
    "When it ended. Null while it has not; a parked operation has ended for its workers."
    endedAt: DateTime
  }

  "The object that an operation works on."
  type OperationSubject @shareable {
    "The name of the object's type, such as \`Vm\`."
    type: String!
    "The object's id."
    id: ID!
  }

  "The state of an operation."
  enum OperationState {
    "Started, and not begun by a worker."
    PENDING
    "Its steps run, or the delay before another attempt."
    RUNNING
    "Waits for a time or a signal."
    WAITING
    "Done."
    DONE
    "A step failed for good or it was cancelled: what was attempted is being undone."
    COMPENSATING
    "Failed or cancelled, and undone."
    COMPENSATED
    "Could be neither done nor undone: a person must act. \`leftBehind\` lists what remains."
    PARKED
    "Was parked, and a person accepted what remains."
    ABANDONED
  }

  "A step of an operation."
  type OperationStep @shareable {
    "The name."
    name: String!
    "The state."
    state: OperationStepState!
    "How often it was attempted."
    attempts: Int!
    "How often undoing it was attempted."
    undoAttempts: Int!
    "Why its last attempt failed. Null when it has not failed."
    error: OperationError
    "When it was first attempted. Null before."
    startedAt: DateTime
    "When its state last changed. Null before it was attempted."
    updatedAt: DateTime
  }

  "The state of a step."
  enum OperationStepState {
    "Not attempted yet."
    PENDING
    "Attempted, with no result yet."
    ATTEMPTED
    "Done."
    DONE
    "Its last attempt failed."
    FAILED
    "Being undone."
    UNDOING
    "Undone."
    UNDONE
    "Could not be undone."
    PARKED
  }

  "How much of an operation is done."
  type OperationProgress @shareable {
    "The number of steps that are done."
    stepsDone: Int!
    "The number of all steps."
    stepsTotal: Int!
  }

  "Why an operation or a step failed."
  type OperationError @shareable {
    "The error code."
    code: String!
    "The error message for people to read."
    message: String!
    "The name of the step that failed. Null when none did."
    step: String
  }

  "A step whose effect remains."
  type OperationLeftover @shareable {
    "The name of the step."
    step: String!
    "What the step returned, with the ids of what it made. Null when that is not known."
    result: JSON
  }
`;

/**
 * What the vms subgraph, which has the root fields of all operations, calls in the subgraph of an operation: the operations that it lists may not have reached
 * it yet, and each is ended in its own database.
 */
const serviceFields = (type: string): string => `
  type Query {
    "Whether there is an operation with this id. Only for services."
    has${type}("The operation's id." id: ID!): Boolean @inaccessible @calledBy(services: ["vms"])
  }
  type Mutation {
    "Cancels an operation. Only for services."
    cancel${type}("The operation to cancel." input: Cancel${type}Input!): EndOperationPayload
      @inaccessible
      @calledBy(services: ["vms"])
    "Gives a parked operation up. Only for services."
    abandon${type}("The operation to give up." input: Abandon${type}Input!): EndOperationPayload
      @inaccessible
      @calledBy(services: ["vms"])
  }
  "The operation to cancel."
  input Cancel${type}Input @inaccessible {
    "The operation's id."
    id: ID!
  }
  "The operation to give up."
  input Abandon${type}Input @inaccessible {
    "The operation's id."
    id: ID!
    "Whether what a parked operation leaves behind is accepted."
    consent: Boolean! = false
  }
  "The outcome of a request to end an operation."
  type EndOperationPayload @inaccessible @shareable {
    "The outcome."
    outcome: String!
    "The step that prevents it."
    step: String
    "The state of the operation, when that prevents it."
    state: String
    "What is left behind."
    leftBehind: JSON
  }
`;

const sharedDefinitions = parse(sdl, { noLocation: true }).definitions;
const contract = sharedDefinitions.find(
  (node): node is InterfaceTypeDefinitionNode => node.kind === Kind.INTERFACE_TYPE_DEFINITION,
) as InterfaceTypeDefinitionNode;
const fields = contract.fields ?? [];

/** The types of the fields of operations. */
export const operationValueTypes: readonly DefinitionNode[] = sharedDefinitions.filter((node) => node !== contract);

/**
 * Completes the types of operations in a subgraph's schema: `type VmsOperation @operation` gets the fields of the interface `Operation`, and
 * `interface Operation @operation` is that interface; it is added where the schema does not have it. The fields of a type with
 * `@operation(elsewhere: true)` are those of another subgraph. A schema that does not have the interface gets the fields that the subgraph with the interface calls.
 */
export function withOperations(document: DocumentNode): DocumentNode {
  const marked = document.definitions.map((node) => (directiveOf(node) ? completed(node) : node));
  if (!document.definitions.some(directiveOf)) return document;
  if (marked.some((node) => isNamed(node, contract.name.value)))
    return { ...document, definitions: withImports(marked, ["@external"]) };
  const own = document.definitions.filter(directiveOf).map((node) => (node as Marked).name.value);
  const added = own.flatMap((type) => parse(serviceFields(type), { noLocation: true }).definitions);
  return {
    ...document,
    definitions: [...withImports(added.reduce(withDefinition, marked), ["@inaccessible", "@shareable"]), contract],
  };
}

const isNamed = (node: DefinitionNode, name: string): boolean => "name" in node && node.name?.value === name;

/** Adds a definition, or its fields to the type of its name. A schema without mutations gets that root. */
function withDefinition(definitions: readonly DefinitionNode[], added: DefinitionNode): readonly DefinitionNode[] {
  const name = "name" in added ? (added.name?.value ?? "") : "";
  const at = definitions.findIndex((node) => isNamed(node, name));
  const found = definitions[at];
  if (found && added.kind === Kind.OBJECT_TYPE_DEFINITION && found.kind === Kind.OBJECT_TYPE_DEFINITION)
    return definitions.with(at, { ...found, fields: [...(found.fields ?? []), ...(added.fields ?? [])] });
  if (found) return definitions;
  if (name !== "Mutation") return [...definitions, added];
  return [
    ...definitions.map((node) =>
      node.kind === Kind.SCHEMA_DEFINITION ? { ...node, operationTypes: [...node.operationTypes, mutations] } : node,
    ),
    {
      ...added,
      description: {
        kind: Kind.STRING,
        value: "The root of all mutations. Each mutation is atomic: either all of it is performed or none of it.",
      },
    } as DefinitionNode,
  ];
}

const mutations: OperationTypeDefinitionNode = {
  kind: Kind.OPERATION_TYPE_DEFINITION,
  operation: OperationTypeNode.MUTATION,
  type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: "Mutation" } },
};

type Marked = InterfaceTypeDefinitionNode | ObjectTypeDefinitionNode;

const directiveOf = (node: DefinitionNode): ConstDirectiveNode | undefined =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION
    ? node.directives?.find(({ name }) => name.value === "operation")
    : undefined;

const isElsewhere = (directive: ConstDirectiveNode | undefined): boolean =>
  directive?.arguments?.some(
    ({ name, value }) => name.value === "elsewhere" && value.kind === Kind.BOOLEAN && value.value,
  ) === true;

function completed(node: DefinitionNode): DefinitionNode {
  const { directives = [], ...type } = node as Marked;
  const rest = directives.filter(({ name }) => name.value !== "operation");
  if (type.kind === Kind.INTERFACE_TYPE_DEFINITION) return { ...contract, directives: rest };
  const isOfOther = isElsewhere(directiveOf(node));
  return {
    ...type,
    directives: rest,
    interfaces: [{ kind: Kind.NAMED_TYPE, name: contract.name }],
    fields: fields.map((field) => (isOfOther && field.name.value !== "id" ? external(field) : field)),
  };
}

const external = (field: FieldDefinitionNode): FieldDefinitionNode => ({
  ...field,
  directives: [{ kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: "external" } }],
});
