import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import { declaredNeeds } from "./declared-needs.ts";

const needsIn = (sdl: string) => Object.fromEntries(declaredNeeds(parse(sdl)));

describe("what a schema requires", () => {
  it("is a permission, a policy, both, a credential, a service or nothing", () => {
    expect(
      needsIn(`
        type Query {
          vms: Int @requiresScopes(scopes: [["vm:read"]])
          nodes: Int @policy(policies: [["platform"]])
          clusters: Int @policy(policies: [["platform"]]) @requiresScopes(scopes: [["cluster:read"]])
          own: Int @authenticated
          internal: Int @inaccessible @calledBy(services: ["jobs", "gateway"])
          open: Int @public
        }`),
    ).toEqual({
      "Query.vms": "vm:read",
      "Query.nodes": { policy: "platform" },
      "Query.clusters": { permission: "cluster:read", policy: "platform" },
      "Query.own": "authenticated",
      "Query.internal": { services: ["jobs", "gateway"] },
      "Query.open": "public",
    });
  });

  it("applies to types and to fields of other types, in definitions and extensions", () => {
    expect(
      needsIn(`
        type Vm @requiresScopes(scopes: [["vm:read"]]) { id: ID! secret: Int @policy(policies: [["platform"]]) }
        extend type Node { metrics: Int @authenticated }`),
    ).toEqual({ Vm: "vm:read", "Vm.secret": { policy: "platform" }, "Node.metrics": "authenticated" });
  });

  it("is at least the service when a field has another directive too", () => {
    const directives = `@inaccessible @requiresScopes(scopes: [["vm:read"]])`;
    expect(
      needsIn(`type Query { a: Int ${directives} @calledBy(services: ["jobs"]) } type Vm { b: Int ${directives} }`),
    ).toEqual({ "Query.a": { services: ["jobs"] }, "Vm.b": "service" });
  });
});

describe("a schema is refused", () => {
  it.each(["Query", "Mutation", "Subscription"])("for a field of %s without an access directive", (root) => {
    const message = `${root}.vms has none of @requiresScopes, @policy, @authenticated, @public, @inaccessible.`;
    expect(() => needsIn(`type ${root} { vms: Int }`)).toThrow(message);
    expect(() => needsIn(`extend type ${root} { vms: Int @deprecated }`)).toThrow(message);
  });

  it.each([
    ["a public field with another directive", "@public @authenticated", "is @public, and has @authenticated"],
    ["alternatives", '@requiresScopes(scopes: [["vm:read"], ["vm:list"]])', "does not have exactly one name"],
    ["several permissions", '@requiresScopes(scopes: [["vm:read", "vm:list"]])', "does not have exactly one name"],
    ["no permission", "@requiresScopes(scopes: [])", "does not have exactly one name"],
    ["no argument", "@policy", "does not have exactly one name"],
    ["an unknown policy", '@policy(policies: [["root"]])', "requires the policy root, which does not exist"],
    ["a policy of every object", '@policy(policies: [["toString"]])', "which does not exist"],
    ["a word as a permission", '@requiresScopes(scopes: [["public"]])', "requires public, which is not a permission"],
    ["a wildcard as a permission", '@requiresScopes(scopes: [["*"]])', "requires *, which is not a permission"],
    ["a directive twice", "@authenticated @authenticated", "has @authenticated twice"],
    ["services that are not named", "@inaccessible", "is @inaccessible, and has no @calledBy(services:)"],
    ["an empty list of services", "@inaccessible @calledBy(services: [])", "has no services"],
    ["a service without a name", '@inaccessible @calledBy(services: [""])', "has no services"],
    ["services that call what clients see", '@calledBy(services: ["jobs"])', "is not @inaccessible"],
  ])("for %s", (_what, directives, message) => {
    expect(() => needsIn(`type Query { vms: Int ${directives} }`)).toThrow(message);
  });

  it.each([
    "scalar Secret @authenticated",
    'enum Secret @policy(policies: [["platform"]]) { A }',
    "interface Secret @authenticated { id: ID! }",
    "interface Secret { id: ID! @authenticated }",
  ])("for an access directive that no field would enforce: %s", (sdl) => {
    expect(() => needsIn(sdl)).toThrow("is enforced on object types and their fields alone");
  });

  it("when it names a directive in another way than federation does", () => {
    const link = `schema @link(url: "…", import: [{ name: "@authenticated", as: "@known" }]) { query: Query }`;
    expect(() => needsIn(link)).toThrow("Directives are imported under their own names");
    expect(() => needsIn("type Vm @federation__authenticated { id: ID! }")).toThrow(
      "@federation__authenticated of Vm is not imported.",
    );
  });

  it("for needs of one type in several places", () => {
    expect(() => needsIn("type Vm @authenticated { id: ID! } extend type Vm @authenticated { name: String }")).toThrow(
      "Vm has access directives in several places.",
    );
  });
});
