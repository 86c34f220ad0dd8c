import { parse, print, validateSchema } from "graphql";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { describe, expect, it } from "vitest";
import { completeChanges, withOwnersDescriptions } from "./complete-changes.ts";
import { completeSchema } from "./read-schema.ts";

const link = `schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@policy", "@requiresScopes", "@key"]) { query: Query }`;
const hosts = `
  ${link}
  type Query { host: Host }
  "A machine."
  type Host @key(fields: "id") @requiresScopes(scopes: [["host:read"]]) @listed(one: "a host", many: "hosts") @recorded { id: ID! hosts: HostConnection }
`;

const typeIn = (sdl: string, name: string) => {
  const found = completeSchema(parse(sdl)).definitions.filter((node) => "name" in node && node.name?.value === name);
  expect(found).toHaveLength(1);
  return found.map((node) => print(node)).join("");
};

describe("a recorded type", () => {
  it("has its changes in a valid schema of a subgraph, with the user who made them", () => {
    const schema = buildSubgraphSchema({ typeDefs: completeSchema(parse(hosts)) });
    expect(validateSchema(schema)).toEqual([]);
    expect(Object.keys(schema.getTypeMap())).toEqual(
      expect.arrayContaining(["Change", "ChangeConnection", "ChangeEdge", "FieldChange", "ChangeKind", "User"]),
    );
    expect(typeIn(hosts, "User")).toContain('@key(fields: "id", resolvable: false)');
    expect(typeIn(hosts, "ChangeConnection")).toContain("@shareable");
  });

  it("has the arguments of a page, and its description says once that its changes are listed", () => {
    const host = typeIn(hosts, "Host");
    expect(host).toContain("A machine. `changes` lists who changed it, when, and from what to what.");
    expect(host).toMatch(/changes\([\s\S]*first: Int[\s\S]*after: String[\s\S]*\): ChangeConnection @listSize/);
    expect(host).not.toMatch(/@recorded|ChangeOrder/);
  });

  it("of which some fields require more than others states what its changes require", () => {
    const open = hosts.replace('@requiresScopes(scopes: [["host:read"]])', "");
    expect(() => completeChanges(parse(open))).toThrow("Host has no access directive");
    const guarded = open.replace("@recorded", '@recorded(requires: "host:read", policy: "platform")');
    expect(typeIn(guarded, "Host")).toContain(
      '@policy(policies: [["platform"]]) @requiresScopes(scopes: [["host:read"]])',
    );
  });

  it("keeps its owner's description where other subgraphs refer to it", () => {
    const other = `${link} type Query { rack: Host } "A machine." type Host @key(fields: "id") { id: ID! }`;
    const documents = [other, hosts].map((sdl) => completeSchema(parse(sdl)));
    const described = withOwnersDescriptions(documents).map(
      ({ definitions }) =>
        definitions.flatMap((node) =>
          "name" in node && node.name?.value === "Host" && "description" in node ? [node.description?.value] : [],
        )[0],
    );
    expect(described).toEqual([undefined, expect.stringContaining("`changes` lists")]);
  });
});

it("a schema without recorded types stays as it is", () => {
  const document = parse(`${link} type Query { name: String }`);
  expect(completeChanges(document)).toBe(document);
});
