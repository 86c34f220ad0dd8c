import { type ConstDirectiveNode, type ConstValueNode, Kind, print } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { asset } from "#lib/assets.ts";
import { readSchema } from "#lib/subgraph/read-schema.ts";
import {
  anonymous,
  anyAuthenticated,
  publicAccess,
  type Identity,
  type Needs,
  type PolicyName,
  refusalOf,
  servicesOnly,
} from "#lib/trust/request-context.ts";
import { authorization as auth } from "#subgraphs/auth/authorization.ts";
import { authorization as federation } from "#subgraphs/federation/authorization.ts";
import { authorization as monitoring } from "#subgraphs/monitoring/authorization.ts";
import { authorization as scheduler } from "#subgraphs/scheduler/authorization.ts";
import { authorization as vms } from "#subgraphs/vms/authorization.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { emptySubgraphs, graphOver } from "./graph-as.ts";
import { everyRole, stranger } from "./roles.ts";
import { rootFields } from "./selections.ts";
import { table } from "./table.ts";

const authorizations: Record<string, Readonly<Record<string, Needs>>> = {
  auth,
  vms,
  monitoring,
  federation,
  scheduler,
};
const { tenantId } = fleetOf(1);
const fields = rootFields(productSupergraph().apiSchema);

let product: TestProduct;
let roles: Map<string, Identity>;

beforeAll(async () => {
  product = await bootProduct({ tenantId });
  roles = await everyRole(product.urls, tenantId);
});
afterAll(() => product.stop());

interface Refusal {
  code: string;
  permission?: unknown;
  policy?: unknown;
}

const refusalIn = (errors: readonly { extensions?: object | undefined }[] | undefined): Refusal | undefined =>
  errors
    ?.map(({ extensions }) => extensions as Refusal)
    .filter(({ code }) => code === "UNAUTHENTICATED" || code === "FORBIDDEN")
    .map(({ code, permission, policy }) => ({
      code,
      ...(permission ? { permission } : {}),
      ...(policy ? { policy } : {}),
    }))[0];

const words: Record<string, string> = { UNAUTHENTICATED: "sign in", FORBIDDEN: "no" };

describe("attack 30: every root field", () => {
  it("is open to the roles in the written matrix, by the gateway alone", async () => {
    expect(fields.length).toBeGreaterThan(40);
    const ask = await graphOver(emptySubgraphs);
    const refusal = async (identity: Identity, operation: string) => refusalIn((await ask(identity, operation)).errors);
    const rows: string[][] = [];
    for (const { coordinate, operation } of fields) {
      const missing = await refusal(stranger(tenantId), operation);
      const ofTenant = await refusal({ ...stranger(tenantId), permissions: ["*"] }, operation);
      const forAnonymous = await refusal(anonymous, operation);
      const needs = [missing?.permission, ofTenant?.policy].filter(Boolean).join(", ");
      const cells = [];
      for (const identity of roles.values())
        cells.push(words[(await refusal(identity, operation))?.code ?? ""] ?? "yes");
      rows.push([coordinate, needs || (forAnonymous ? anyAuthenticated : publicAccess), ...cells]);
    }
    const text = [
      "# Who may request which root field",
      "",
      "Generated from the composed schema and the built-in roles by `permission-matrix.test.ts`, which fails when this file does not match the",
      "product. After an intended change, run `npx vitest run tests/security -u`, and review the difference.",
      "",
      table(["field", "needs", ...roles.keys()], rows),
      "",
    ].join("\n");
    await expect(text).toMatchFileSnapshot("permission-matrix.md");
  });

  it("is refused by its subgraph alone exactly where the subgraph's authorization requires it", async () => {
    const callers = [...roles, ["stranger", stranger(tenantId)] as const];
    let requests = 0;
    for (const { name, schema, execute } of product.subgraphs) {
      for (const { coordinate, operation } of rootFields(schema)) {
        const needs = authorizations[name]?.[coordinate];
        if (needs === undefined && ["Query._service", "Query._entities"].includes(coordinate)) continue;
        for (const [role, identity] of callers) {
          const refusal = refusalOf(identity, needs ?? "none");
          // An allowed mutation would change something.
          if (!refusal && coordinate.startsWith("Mutation.")) continue;
          const context = { identity, requestId: "request", deadline: Date.now() + 10_000 };
          const { errors } = await execute({ query: operation }, context);
          expect(refusalIn(errors), `${coordinate} of ${name} by ${role}`).toEqual(
            refusal && { code: refusal.code, ...refusal.details },
          );
          requests += 1;
        }
      }
    }
    expect(requests).toBeGreaterThan(fields.length * 4);
  });
});

describe.each(domains)("the SDL of the %s subgraph", (domain) => {
  it("states the needs of each field and type as its authorization does, and of no other", () => {
    const declared: Record<string, Needs> = {};
    for (const definition of readSchema(asset(`subgraphs/${domain}/schema.graphql`)).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
      const ofType = declaredNeeds(definition);
      if (ofType !== publicAccess) declared[definition.name.value] = ofType;
      const isRoot = ["Query", "Mutation", "Subscription"].includes(definition.name.value);
      for (const field of definition.fields ?? []) {
        const needs = declaredNeeds(field);
        if (isRoot || needs !== publicAccess) declared[`${definition.name.value}.${field.name.value}`] = needs;
      }
    }
    expect(declared).toEqual(authorizations[domain]);
  });
});

function declaredNeeds({
  directives = [],
}: {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}): Needs {
  const named = (name: string) => directives.find((directive) => directive.name.value === name);
  // The gateway has no such field to guard; between services, only the subgraph checks it.
  if (named("inaccessible")) return servicesOnly;
  const scopes = named("requiresScopes")?.arguments?.[0];
  const permission = scopes && onlyOne(scopes.value);
  const policies = named("policy")?.arguments?.[0];
  if (policies) return { ...(permission ? { permission } : {}), policy: onlyOne(policies.value) as PolicyName };
  return permission ?? (named("authenticated") ? anyAuthenticated : publicAccess);
}

/** A field requires one permission and one policy, so that a refusal can name it. */
function onlyOne(value: ConstValueNode): string {
  const [, name] = /^\[\["([^"]+)"\]\]$/.exec(print(value)) ?? [];
  if (!name) throw new Error(`${print(value)} is not exactly one name.`);
  return name;
}
