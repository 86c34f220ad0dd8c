import { readFileSync } from "node:fs";
import { buildSchema, getNamedType, isNonNullType, isObjectType, Kind, print } from "graphql";
import { describe, expect, test } from "vitest";
import { readSchema } from "#lib/subgraph/read-schema.ts";

const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];
const sdlOf = (domain: string) => readSchema(`subgraphs/${domain}/schema.graphql`);
const supergraph = buildSchema(readFileSync("supergraph.graphql", "utf8"), { assumeValidSDL: true });

/** The subgraph that owns each entity: the one that contributes more than the entity's key and lists of its own. */
const owners: Record<string, string> = {
  Vm: "vms",
  ClusterNode: "scheduler",
  User: "auth",
  Tenant: "auth",
  CloudProvider: "federation",
};

describe("the supergraph", () => {
  test("has no non-null field on an entity of another subgraph, so that a dead subgraph blanks its own fields only", () => {
    const offending = domains.flatMap((domain) =>
      sdlOf(domain).definitions.flatMap((node) => {
        if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
        const owner = owners[node.name.value];
        if (!owner || owner === domain) return [];
        return (node.fields ?? [])
          .filter((field) => field.name.value !== "id" && field.type.kind === Kind.NON_NULL_TYPE)
          .map((field) => `${domain}: ${node.name.value}.${field.name.value}`);
      }),
    );
    expect(offending).toEqual([]);
  });

  test("has only nullable root fields", () => {
    const fields = Object.values(supergraph.getQueryType()?.getFields() ?? {});
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

  test("describes every type, field, argument and enum value", () => {
    const silent = domains.flatMap((domain) =>
      sdlOf(domain).definitions.flatMap((node) => {
        if (!("name" in node) || !node.name || !("description" in node)) return [];
        const members = [
          ...("fields" in node ? (node.fields ?? []) : []),
          ...("values" in node ? (node.values ?? []) : []),
        ];
        const lines = [node, ...members].filter((item) => !("description" in item) || !item.description?.value.trim());
        return lines.map((item) => `${domain}: ${node.name?.value}.${"name" in item ? item.name?.value : ""}`);
      }),
    );
    expect(silent).toEqual([]);
  });
});
