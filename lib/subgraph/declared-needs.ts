import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  Kind,
  print,
  visit,
} from "graphql";
import {
  anyAuthenticated,
  type Needs,
  policies,
  type PolicyName,
  publicAccess,
  servicesOnly,
} from "../trust/request-context.ts";

/** Field (`Query.vm`) or type (`Vm`) → what its schema requires of the caller. Every root field is in it, and whatever else has an access directive. */
export type DeclaredNeeds = ReadonlyMap<string, Needs>;

const roots = new Set(["Query", "Mutation", "Subscription"]);

/**
 * Reads what a subgraph's schema requires from its access directives, which the gateway enforces too: `@requiresScopes`, `@policy` and `@authenticated`; also
 * `@inaccessible`, for what only services may request, with `@calledBy`, which lists these services, and `@public`, for a root field that needs no credential.
 * @throws Error for a root field without such a directive, and for a directive that a subgraph cannot enforce
 */
export function declaredNeeds(document: DocumentNode): DeclaredNeeds {
  const declared = new Map<string, Needs>();
  for (const node of document.definitions) {
    const isObject = node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
    if (!isObject) {
      requireNone(node);
      continue;
    }
    const type = node.name.value;
    add(declared, type, needsOf(type, node.directives));
    for (const { name, directives } of node.fields ?? []) {
      const coordinate = `${type}.${name.value}`;
      const needs = needsOf(coordinate, directives);
      if (roots.has(type) && needs === undefined)
        throw new Error(`${coordinate} has none of ${accessDirectives.map((each) => `@${each}`).join(", ")}.`);
      if (roots.has(type) && needs === servicesOnly)
        throw new Error(`${coordinate} is @inaccessible, and has no @calledBy(services:).`);
      add(declared, coordinate, needs);
    }
  }
  return declared;
}

/** @throws Error for what would not be enforced: of a field, a subgraph checks the field itself and the object type that it returns, by federation's names */
function requireNone(node: DefinitionNode): void {
  const isSchema = node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION;
  visit(node, {
    Directive({ name }) {
      if (checked.has(name.value))
        throw new Error(`@${name.value} is enforced on object types and their fields alone.`);
    },
    ObjectValue(value) {
      if (isSchema) throw new Error(`Directives are imported under their own names, not by ${print(value)}.`);
    },
  });
}

const checked: ReadonlySet<string> = new Set(["requiresScopes", "policy", "authenticated", "public", "calledBy"]);
/** Each of them alone is an answer to who may request a root field. */
const accessDirectives = ["requiresScopes", "policy", "authenticated", "public", "inaccessible"];

function add(declared: Map<string, Needs>, coordinate: string, needs: Needs | undefined): void {
  if (needs === undefined) return;
  if (declared.has(coordinate)) throw new Error(`${coordinate} has access directives in several places.`);
  declared.set(coordinate, needs);
}

function needsOf(coordinate: string, directives: readonly ConstDirectiveNode[] = []): Needs | undefined {
  const given = new Map<string, ConstDirectiveNode>();
  for (const directive of directives) {
    const name = directive.name.value;
    if (given.has(name) && (checked.has(name) || name === "inaccessible"))
      throw new Error(`${coordinate} has @${name} twice.`);
    if (name.startsWith("federation__")) throw new Error(`@${name} of ${coordinate} is not imported.`);
    given.set(name, directive);
  }
  if (given.has("public")) {
    const other = accessDirectives.find((name) => name !== "public" && given.has(name));
    if (other) throw new Error(`${coordinate} is @public, and has @${other}.`);
    return publicAccess;
  }
  // The gateway has no such field. Between services, only the subgraph checks it.
  const calledBy = given.get("calledBy");
  if (calledBy && !given.has("inaccessible"))
    throw new Error(`${coordinate} has @calledBy, and is not @inaccessible: clients could request it.`);
  if (given.has("inaccessible")) return calledBy ? { services: servicesOf(coordinate, calledBy) } : servicesOnly;
  const permission = onlyName(coordinate, given.get("requiresScopes"));
  // No permission can be mistaken for a word such as `public`.
  if (permission !== undefined && !/^[a-z_]+:[a-z_]+$/.test(permission))
    throw new Error(`${coordinate} requires ${permission}, which is not a permission.`);
  const policy = onlyName(coordinate, given.get("policy"));
  if (policy !== undefined) {
    if (!isPolicy(policy)) throw new Error(`${coordinate} requires the policy ${policy}, which does not exist.`);
    return permission === undefined ? { policy } : { permission, policy };
  }
  return permission ?? (given.has("authenticated") ? anyAuthenticated : undefined);
}

function servicesOf(coordinate: string, directive: ConstDirectiveNode): readonly string[] {
  const services = (directive.arguments ?? [])
    .flatMap(({ value }) => itemsOf(value))
    .map((value) => {
      if (value.kind !== Kind.STRING || value.value === "")
        throw new Error(`@calledBy of ${coordinate} has no services.`);
      return value.value;
    });
  if (services.length === 0) throw new Error(`@calledBy of ${coordinate} has no services.`);
  return services;
}

const isPolicy = (name: string): name is PolicyName => Object.hasOwn(policies, name);

/** Returns the one name in `@requiresScopes(scopes: [["vm:read"]])`. A refusal names what is missing, so there are no alternatives. */
function onlyName(coordinate: string, directive: ConstDirectiveNode | undefined): string | undefined {
  if (!directive) return undefined;
  const value = directive.arguments?.[0]?.value;
  const names = value ? itemsOf(value).flatMap(itemsOf) : [];
  const [name] = names;
  if (names.length !== 1 || name?.kind !== Kind.STRING || name.value === "")
    throw new Error(`@${directive.name.value} of ${coordinate} does not have exactly one name.`);
  return name.value;
}

const itemsOf = (value: ConstValueNode): readonly ConstValueNode[] => (value.kind === Kind.LIST ? value.values : []);
