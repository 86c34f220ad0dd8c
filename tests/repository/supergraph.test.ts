import { readFileSync } from "node:fs";
import {
  buildSchema,
  type FieldDefinitionNode,
  getNamedType,
  isNonNullType,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from "graphql";
import { describe, expect, test } from "vitest";
import { readSchema } from "#lib/subgraph/read-schema.ts";

const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];
const sdlOf = (domain: string) => readSchema(`subgraphs/${domain}/schema.graphql`);
const supergraph = buildSchema(readFileSync("supergraph.graphql", "utf8"), { assumeValidSDL: true });

const objectTypesOf = (domain: string) =>
  sdlOf(domain).definitions.filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION);
/** A type whose key is not resolvable is a reference to another subgraph's. */
const isEntity = ({ directives = [] }: ObjectTypeDefinitionNode) =>
  directives.some(
    ({ name, arguments: args = [] }) =>
      name.value === "key" && !args.some((argument) => argument.name.value === "resolvable"),
  );

/** The owner alone resolves the field. */
const isExternal = ({ directives = [] }: FieldDefinitionNode) =>
  directives.some(({ name }) => name.value === "external");

/** The subgraph that owns each entity that several have: the one with the root field that returns it by its id. */
function ownersOfEntities(): Map<string, string> {
  const owners = new Map<string, string>();
  const entities = domains.flatMap((domain) => objectTypesOf(domain).filter(isEntity)).map(({ name }) => name.value);
  for (const domain of domains)
    for (const { name, type, arguments: args = [] } of objectTypesOf(domain).find((node) => node.name.value === "Query")
      ?.fields ?? []) {
      if (type.kind !== Kind.NAMED_TYPE || args.length !== 1 || args[0]?.name.value !== "id") continue;
      const entity = type.name.value;
      if (entities.filter((each) => each === entity).length < 2) continue;
      if (owners.has(entity)) throw new Error(`Query.${name.value}: ${entity} has two owners.`);
      owners.set(entity, domain);
    }
  const unowned = entities.filter((entity, at) => entities.indexOf(entity) !== at && !owners.has(entity));
  if (unowned.length > 0) throw new Error(`No root field returns these entities by their id: ${unowned.join(", ")}`);
  return owners;
}

describe("the supergraph", () => {
  test("has no non-null field on an entity of another subgraph, so that a dead subgraph blanks its own fields only", () => {
    const owners = ownersOfEntities();
    const added = domains.flatMap((domain) =>
      objectTypesOf(domain)
        .filter(({ name }) => owners.has(name.value) && owners.get(name.value) !== domain)
        .flatMap(({ name, fields = [] }) =>
          fields
            .filter((field) => field.name.value !== "id" && !isExternal(field))
            .map((field) => ({ coordinate: `${domain}: ${name.value}.${field.name.value}`, type: field.type })),
        ),
    );
    expect(new Set(added.map(({ coordinate }) => coordinate.split(".")[0])).size).toBeGreaterThan(10);
    expect(added.filter(({ type }) => type.kind === Kind.NON_NULL_TYPE)).toEqual([]);
  });

  test.each([
    ["Query", supergraph.getQueryType()],
    ["Mutation", supergraph.getMutationType()],
  ])("has only nullable fields in %s", (_, root) => {
    const fields = Object.values(root?.getFields() ?? {});
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter((field) => isNonNullType(field.type)).map((field) => field.name)).toEqual([]);
  });

  test("exposes no secret", () => {
    const secret = /password|secret|credential|hash|pepper|totp|recovery|private_?key|token/i;
    // Fields that return a secret once, to its holder only; fields that clients do not see; and fields that are no secret.
    const named = new Set([
      "SignInPayload.token",
      "Mutation.beginTotp",
      "Mutation.confirmTotp",
      "Mutation.disableTotp",
      "Mutation.regenerateRecoveryCodes",
      "BeginTotpPayload.secret",
      "ConfirmTotpPayload.recoveryCodes",
      "ConfirmTotpPayload.token",
      "DisableTotpPayload.token",
      "RegenerateRecoveryCodesPayload.recoveryCodes",
      "Mutation.changePassword",
      "Mutation.createPasswordReset",
      "Mutation.resetPassword",
      "ChangePasswordPayload.token",
      "CreateUserPayload.password",
      "Query.validateToken",
      "ValidToken.credentialId",
      "Query.validateCredential",
      "Query.credentialRevocations",
      "CredentialRevocations.credentialIds",
      "RedeemConnectionTicketPayload.validToken",
      "User.passwordChangedAt",
    ]);
    const found = Object.values(supergraph.getTypeMap()).flatMap((type) =>
      isObjectType(type) && !type.name.startsWith("__")
        ? Object.values(type.getFields())
            .filter((field) => secret.test(field.name) && !named.has(`${type.name}.${field.name}`))
            .map((field) => `${type.name}.${field.name}: ${getNamedType(field.type).name}`)
        : [],
    );
    expect(found).toEqual([]);
  });

  test("has no field that repeats the name of its type", () => {
    // What these fields name is another object than that of their type, or has the name of the same value elsewhere.
    const allowed = new Set([
      "VmNetwork.networkName",
      "VmNetwork.networkType",
      "ProviderVm.providerVmId",
      "ProviderVm.providerMetadata",
      "InstancePrice.instanceType",
      "MigrationProgress.progressPercentage",
      "UserSession.userAgent",
    ]);
    const repeats = (type: string, field: string) => {
      const words = type.match(/[A-Z][a-z0-9]*/g) ?? [];
      const names = words.map((_, index) => words.slice(index).join("")).concat(words[0] ?? "");
      const capitalized = `${field[0]?.toUpperCase()}${field.slice(1)}`;
      return names.some((name) => capitalized.startsWith(name) && /^[A-Z]/.test(capitalized.slice(name.length)));
    };
    const found = Object.values(supergraph.getTypeMap()).flatMap((type) =>
      isObjectType(type) && !/^__|^(Query|Mutation|Subscription|CredentialRevocations|.*Payload)$/.test(type.name)
        ? Object.keys(type.getFields())
            .filter((field) => repeats(type.name, field))
            .map((field) => `${type.name}.${field}`)
        : [],
    );
    expect(found.toSorted()).toEqual([...allowed].toSorted());
  });

  test("tags every field that shows its callers more of their own data as depending on the caller, and no other", () => {
    const fields = Object.values(supergraph.getTypeMap()).flatMap((type) =>
      isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ ...field, on: type.name })) : [],
    );
    const names = (chosen: typeof fields) => chosen.map(({ on, name }) => `${on}.${name}`);
    const described = fields.filter(({ description }) => description?.includes("neither a session of the user nor"));
    const tagged = fields.filter(({ astNode }) =>
      astNode?.directives?.some((directive) => print(directive) === '@tag(name: "depends-on-caller")'),
    );
    expect(described.length).toBeGreaterThan(5);
    expect(names(tagged)).toEqual(names(described));
  });

  test("is composed of files that repeat no definition word by word: a value type is defined once for all", () => {
    const definitions = domains.flatMap((domain) =>
      parse(readFileSync(`subgraphs/${domain}/schema.graphql`, "utf8"))
        .definitions.filter((node) => "name" in node)
        .map((node) => print(node)),
    );
    expect(definitions.length).toBeGreaterThan(150);
    expect(definitions.filter((text, at) => definitions.indexOf(text) !== at)).toEqual([]);
  });

  test("describes every type, field, argument and enum value", () => {
    const described: string[] = [];
    const silent: string[] = [];
    for (const domain of domains) {
      const path: string[] = [domain];
      visit(sdlOf(domain), {
        enter: (node) => {
          if (!("name" in node && node.name) || !("description" in node)) return;
          path.push(node.name.value);
          (node.description?.value.trim() ? described : silent).push(`${node.kind} ${path.join(" ")}`);
        },
        leave: (node) => {
          if ("name" in node && node.name && "description" in node) path.pop();
        },
      });
    }
    expect(silent).toEqual([]);
    const kinds = new Set(described.map((line) => line.split(" ")[0]));
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        Kind.OBJECT_TYPE_DEFINITION,
        Kind.FIELD_DEFINITION,
        Kind.INPUT_OBJECT_TYPE_DEFINITION,
        Kind.INPUT_VALUE_DEFINITION,
        Kind.ENUM_TYPE_DEFINITION,
        Kind.ENUM_VALUE_DEFINITION,
        Kind.SCALAR_TYPE_DEFINITION,
      ]),
    );
    const argument = /^InputValueDefinition \w+ Query vms first$/;
    expect(described.filter((line) => argument.test(line))).toHaveLength(1);
  });
});
