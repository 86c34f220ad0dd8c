import { parse, print, validateSchema } from "graphql";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { describe, expect, it } from "vitest";
import { completeLists } from "./complete-lists.ts";

const link = (imports: string) =>
  `schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}]) { query: Query }`;

const vms = `
  ${link('"@key", "@policy", "@requiresScopes"')}
  type Query { vms: VmConnection @requiresScopes(scopes: [["vm:read"]]) ofHost(host: ID!): VmConnection! }
  type Vm @key(fields: "id") @requiresScopes(scopes: [["vm:read"]]) @policy(policies: [["platform"]])
    @listed(one: "a virtual machine", many: "virtual machines") { id: ID! }
  input VmFilter { id: [ID!] }
  enum VmOrderField { NAME }
`;

const completed = (sdl: string) => completeLists(parse(sdl));
const definitionOf = (sdl: string, name: string) => {
  const found = completed(sdl).definitions.filter((node) => "name" in node && node.name?.value === name);
  expect(found).toHaveLength(1);
  return found.map((node) => print(node)).join("");
};

describe("a subgraph's lists are completed", () => {
  it("to a valid schema of a subgraph", () => {
    const schema = buildSubgraphSchema({ typeDefs: completed(vms) });
    expect(validateSchema(schema)).toEqual([]);
    expect(Object.keys(schema.getTypeMap())).toEqual(
      expect.arrayContaining(["VmConnection", "VmEdge", "VmOrder", "PageInfo", "OrderDirection"]),
    );
  });

  it("with the arguments of a page, the type's filter and its order, before the field's own", () => {
    const fields =
      buildSubgraphSchema({ typeDefs: completed(vms) })
        .getQueryType()
        ?.getFields() ?? {};
    const types = (name: string) => fields[name]?.args.map((arg) => `${arg.name}: ${arg.type.toString()}`);
    const page = ["first: Int", "after: String", "last: Int", "before: String", "filter: VmFilter", "orderBy: VmOrder"];
    expect(types("vms")).toEqual(page);
    expect(types("ofHost")).toEqual([...page, "host: ID!"]);
  });

  it("without a filter or an order that the schema does not have", () => {
    const plain = vms.replace("VmFilter", "Other").replace("VmOrderField", "OtherField");
    expect(definitionOf(plain, "Query")).not.toMatch(/filter|orderBy/);
    expect(print(completed(plain))).not.toMatch(/VmOrder|OrderDirection/);
  });

  it("with the size of a list, in addition to the field's own directives", () => {
    const query = definitionOf(vms, "Query");
    expect(query.match(/@listSize\(assumedSize: 20, slicingArguments: \["first", "last"\]/g)).toHaveLength(2);
    expect(query.match(/@requiresScopes\(scopes: \[\["vm:read"\]\]\)/g)).toHaveLength(1);
  });

  it("with a connection that has the access directives of the elements, and no other", () => {
    expect(definitionOf(vms, "VmConnection")).toContain(
      'type VmConnection @requiresScopes(scopes: [["vm:read"]]) @policy(policies: [["platform"]]) {',
    );
  });

  it("with descriptions that name the elements", () => {
    expect(definitionOf(vms, "VmConnection")).toContain('"A page of virtual machines."');
    expect(definitionOf(vms, "VmEdge")).toContain('"A virtual machine in a list."');
    expect(definitionOf(vms, "VmEdge")).toContain('"The virtual machine."');
    expect(definitionOf(vms, "VmOrder")).toContain('"Ordering options for virtual machines."');
    expect(definitionOf(vms, "Query")).toContain("Filtering options for the virtual machines returned.");
  });

  it("with each import once", () => {
    const imports = (given: string) => /import: (\[[^\]]*\])/.exec(print(completed(vms.replace('"@key"', given))))?.[1];
    const all = '["@key", "@policy", "@requiresScopes", "@listSize", "@shareable"]';
    expect(imports('"@key"')).toBe(all);
    expect(imports('"@shareable", "@listSize", "@key"')?.match(/@listSize|@shareable/g)).toHaveLength(2);
  });

  it("and no @listed remains", () => {
    expect(print(completed(vms))).not.toContain("@listed");
  });
});

describe("a schema is refused", () => {
  it("when a field returns a connection of a type that is not listed", () => {
    expect(() => completed(vms.replace(/@listed\([^)]*\)/, ""))).toThrow(
      "vms returns VmConnection, and its type has no @listed(one:, many:).",
    );
  });

  it("when no field lists a listed type", () => {
    const nowhere = vms.replaceAll(/VmConnection!?/g, "Vm");
    expect(() => completed(nowhere)).toThrow("No field returns VmConnection, and its type has @listed.");
  });

  it("when a listed type is not named in the plural", () => {
    expect(() => completed(vms.replace(/, many: "[^"]*"/, ""))).toThrow("@listed of Vm has no `many`.");
  });
});

it("a schema without lists remains as it is", () => {
  const document = parse(`${link('"@key"')} type Query { vm: Vm } type Vm @key(fields: "id") { id: ID! }`);
  expect(print(completeLists(document))).toBe(print(document));
});
