import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { asset } from "#lib/assets.ts";
import { declaredNeeds } from "#lib/subgraph/declared-needs.ts";
import { readSchema } from "#lib/subgraph/read-schema.ts";
import { calleesOf, issuers } from "#runtime/keys/issuers.ts";
import {
  anonymous,
  anyAuthenticated,
  type Identity,
  publicAccess,
  refusalOf,
  servicesOnly,
} from "#lib/trust/request-context.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { requireReviewed } from "#tests/harness/reviewed-table.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { emptySubgraphs, graphOver } from "./graph-as.ts";
import { reviewedFields, reviewedNeeds, reviewedTypes, textOf } from "./reviewed-needs.ts";
import { everyRole, stranger } from "./roles.ts";
import { rootFields } from "./selections.ts";

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
  it("is open to the roles in the reviewed matrix, by the gateway alone", async () => {
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
    requireReviewed(reviewedFields(roles.keys()), rows);
  });

  it("is refused by its subgraph alone exactly where the reviewed matrix requires it", async () => {
    const reviewed = reviewedNeeds();
    const services = [...issuers, "another"].map((id): [string, Identity] => [
      `the service ${id}`,
      { kind: "service", id, tenantId, permissions: [] },
    ]);
    const callers = [...roles, ["stranger", stranger(tenantId)] as const, ...services];
    let requests = 0;
    for (const { name, schema, execute } of product.subgraphs) {
      for (const { coordinate, operation } of rootFields(schema)) {
        if (["Query._service", "Query._entities"].includes(coordinate)) continue;
        const needs = reviewed.get(coordinate);
        if (needs === undefined) throw new Error(`${coordinate} of ${name} is not in the matrix.`);
        for (const [role, identity] of callers) {
          const refusal = refusalOf(identity, needs);
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

it("a service has a key for each subgraph in which a field names it", () => {
  const named = domains.flatMap((domain) =>
    [...declaredNeeds(readSchema(asset(`subgraphs/${domain}/schema.graphql`)))].flatMap(([coordinate, needs]) =>
      typeof needs === "object" && "services" in needs
        ? needs.services.map((service) => ({ coordinate, domain, service }))
        : [],
    ),
  );
  expect(named.length).toBeGreaterThan(6);
  expect(named.filter(({ domain, service }) => !calleesOf(service).includes(domain))).toEqual([]);
});

it("the schemas declare the needs that the reviewed matrix has, and no other", () => {
  const declared = domains.flatMap((domain) =>
    [...declaredNeeds(readSchema(asset(`subgraphs/${domain}/schema.graphql`)))].map(
      ([coordinate, needs]) => [domain, coordinate, textOf(needs)] as const,
    ),
  );
  const isRootField = ([, coordinate, needs]: (typeof declared)[number]) =>
    /^(Query|Mutation|Subscription)\./.test(coordinate) && !needs.startsWith(servicesOnly);
  for (const domain of domains)
    requireReviewed(
      reviewedTypes(domain),
      declared.filter((each) => each[0] === domain && !isRootField(each)).map(([, ...row]) => row),
    );
  expect(
    declared
      .filter(isRootField)
      .map(([, field, needs]) => `${field} ${needs}`)
      .sort(),
  ).toEqual(
    reviewedFields(roles.keys())
      .rows.map(([field, needs]) => `${field} ${needs}`)
      .sort(),
  );
});
