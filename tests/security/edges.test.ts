import { getNamedType, type GraphQLObjectType, isEnumType, isInputObjectType, isObjectType } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inProcess } from "#gateway/transport/in-process.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { requireReviewed } from "#tests/harness/reviewed-table.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type AskAs, graphOver } from "./graph-as.ts";
import { reviewedEdges } from "./reviewed-needs.ts";
import { everyRole } from "./roles.ts";
import { selectionOf, type Way, waysTo } from "./selections.ts";

const fleet = fleetOf(1);
const ways = waysTo(productSupergraph(), fleet);
const words: Record<string, string> = { UNAUTHENTICATED: "sign in", FORBIDDEN: "no" };

let product: TestProduct;
let roles: Map<string, Identity>;
let ask: AskAs;

beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 3);
  await asOwner(
    product.urls.url("monitoring"),
    (sql) => sql`insert into system_metrics_latest (node_id, time) values (${fleet.id("clusterNode")}, now())`,
  );
  roles = await everyRole(product.urls, fleet.tenantId);
  ask = await graphOver(inProcess(product.subgraphs));
});
afterAll(() => product.stop());

/** Returns what a role gets of one object: one word for the object, and one for each of its fields. */
async function seen(type: GraphQLObjectType, { ask: under, path }: Way, identity: Identity) {
  const fields = Object.values(type.getFields());
  const { data, errors } = await ask(identity, under(fields.map((field) => selectionOf(field)).join(" ")));
  const wordAt = (at: readonly string[]): string | undefined => {
    const error = errors.find(({ path: reported = [] }) => reported.every((key, index) => String(key) === at[index]));
    if (!error) return undefined;
    const word = words[error.extensions.code];
    if (!word) throw new Error(`${type.name}: ${JSON.stringify(error)}`);
    return word;
  };
  let object: unknown = data;
  for (const key of path) object = (object as Record<string, unknown> | null)?.[key];
  return {
    exists: object !== null && object !== undefined,
    object: wordAt(path) ?? "yes",
    fields: new Map(fields.map(({ name }) => [name, wordAt([...path, name]) ?? "yes"])),
  };
}

const isPlumbing = ({ name }: GraphQLObjectType): boolean => /(Connection|Edge|PageInfo)$/.test(name);

it("attack 30, case G51: every edge is open to the roles in the reviewed table, and every other field to the roles that see its object", async () => {
  const rows: string[][] = [];
  const unreached: string[] = [];
  for (const [type, way] of ways) {
    if (isPlumbing(type)) continue;
    const answers = [];
    for (const identity of roles.values()) answers.push(await seen(type, way, identity));
    const edges = Object.values(type.getFields()).filter((field) => isObjectType(getNamedType(field.type)));
    // Some types, such as tags, have no row in a fleet. Every type with edges must have one.
    if (!answers.at(-1)?.exists && edges.length > 0) unreached.push(type.name);
    for (const field of Object.values(type.getFields())) {
      const cells = answers.map(({ fields }) => fields.get(field.name) ?? "");
      const isException = answers.some(({ object }, index) => object !== cells[index]);
      if (edges.includes(field) || isException) rows.push([`${type.name}.${field.name}`, ...cells]);
    }
  }
  expect(unreached).toEqual([]);
  requireReviewed(reviewedEdges(roles.keys()), rows);
});

it("users read their own keys, sessions and log, and the refusal for another user's names the missing permission", async () => {
  const viewer = roles.get("viewer");
  if (!viewer) throw new Error("There is no viewer.");
  const parts = "apiKeys { totalCount } sessions { totalCount } auditLog { totalCount }";
  const { data, errors } = await ask(
    { ...viewer, id: fleet.id("user", 1), credential: { kind: "session", id: newId() } },
    `{ own: user(id: "${fleet.id("user", 1)}") { ${parts} } other: user(id: "${fleet.id("user", 2)}") { ${parts} } }`,
  );
  expect(Object.values(data.own)).not.toContain(null);
  expect(data.other).toEqual({ apiKeys: null, sessions: null, auditLog: null });
  const reported = errors.map(({ path, extensions }) => [path?.join("."), extensions.code, extensions["permission"]]);
  expect(reported.toSorted()).toEqual([
    ["other.apiKeys", "FORBIDDEN", "api_key:read"],
    ["other.auditLog", "FORBIDDEN", "audit:read"],
    ["other.sessions", "FORBIDDEN", "session:read"],
  ]);
});

it("case G51: no filter or order of a list of users reveals how colleagues' accounts are used and secured", async () => {
  const { apiSchema } = productSupergraph();
  const namesOf = (name: string): string[] => {
    const type = apiSchema.getType(name);
    if (isEnumType(type)) return type.getValues().map((value) => value.name);
    return isInputObjectType(type) ? Object.keys(type.getFields()) : [];
  };
  const values: Record<string, string> = { mfaEnabled: "false", isLocked: "false", text: '""' };
  const range = '{ from: "2026-01-01T00:00:00Z" }';
  const conditions = [
    ...namesOf("UserFilter").map((name) => [
      name,
      `filter: { ${name}: ${values[name] ?? (name.endsWith("At") ? range : "[]")} }`,
    ]),
    ...namesOf("UserOrderField").map((name) => [name, `orderBy: { field: ${name}, direction: ASC }`]),
  ];
  const lists = Object.values(apiSchema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ args }) => args.some((arg) => getNamedType(arg.type).name === "UserFilter"))
        .map((field) => [type.name, field.name] as const),
    );
  expect(lists.length).toBeGreaterThan(2);
  for (const [role, refused] of [
    ["viewer", ["mfaEnabled", "isLocked", "lastLoginAt", "FAILED_LOGIN_ATTEMPTS"]],
    ["admin", []],
  ] as const)
    for (const [type, field] of lists) {
      const under = [...ways].find(([of]) => of.name === type)?.[1].ask ?? ((selection: string) => `{ ${selection} }`);
      const found: string[] = [];
      for (const [name = "", argument = ""] of conditions) {
        const { errors } = await ask(
          roles.get(role) as Identity,
          under(`${field}(first: 1, ${argument}) { totalCount }`),
        );
        if (errors.length === 0) continue;
        expect(
          errors.map(({ extensions }) => extensions["permission"]),
          `${type}.${field} ${name}`,
        ).toEqual(["user:update"]);
        found.push(name);
      }
      expect(found, `${type}.${field} as ${role}`).toEqual(refused);
    }
});
