import { buildSubgraphSchema } from "@apollo/subgraph";
import type { FetchNode, PlanNode, QueryPlan } from "@apollo/query-planner";
import {
  type DocumentNode,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";

/** The kinds of plan nodes and the directives that every run of the differential test has to cover, by their names in the counts. */
export const toCover = [
  "Fetch",
  "Fetch of entities",
  "Flatten",
  "Sequence",
  "Parallel",
  "input rewrite",
  "output rewrite",
  "@key",
  "@requires",
  "@provides",
  "@external",
  "@shareable",
  "@override",
  "@inaccessible",
  "@interfaceObject",
  "@include",
  "@skip",
] as const;

/** Counts the operations in which each kind of plan node and each directive is involved. */
export class Coverage {
  readonly counts = new Map<string, number>(toCover.map((name) => [name, 0]));
  readonly #directives = new Map<string, (query: string) => ReadonlySet<string>>();

  constructor(schemas: Readonly<Record<string, DocumentNode>>) {
    for (const [name, document] of Object.entries(schemas)) this.#directives.set(name, directivesOf(document));
  }

  count(query: string, { node }: QueryPlan): void {
    const met = new Set<string>();
    for (const directive of ["include", "skip"]) if (query.includes(`@${directive}(`)) met.add(`@${directive}`);
    if (node) this.#meet(node as PlanNode, met);
    for (const name of met) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #meet(node: PlanNode, met: Set<string>): void {
    met.add(node.kind);
    if (node.kind === "Sequence" || node.kind === "Parallel") for (const child of node.nodes) this.#meet(child, met);
    else if (node.kind === "Flatten") this.#meet(node.node, met);
    else if (node.kind === "Fetch") this.#meetFetch(node, met);
  }

  #meetFetch(node: FetchNode, met: Set<string>): void {
    if (node.requires) met.add("Fetch of entities");
    if (node.inputRewrites?.length) met.add("input rewrite");
    if (node.outputRewrites?.length) met.add("output rewrite");
    for (const directive of this.#directives.get(node.serviceName)?.(node.operation) ?? []) met.add(`@${directive}`);
  }
}

/**
 * Finds the directives of a subgraph on what an operation for it selects: on the fields, on their types, and `@inaccessible` on other fields of those types.
 */
function directivesOf(document: DocumentNode): (query: string) => ReadonlySet<string> {
  const schema: GraphQLSchema = buildSubgraphSchema(document);
  const onType = new Map<string, string[]>();
  const onField = new Map<string, string[]>();
  for (const node of document.definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const all = [node, ...(node.fields ?? [])].map(({ directives = [] }) => directives.map(({ name }) => name.value));
    const [own = [], ...fields] = all;
    // A field that clients cannot see is covered if its object is fetched.
    onType.set(node.name.value, [...own, ...fields.flat().filter((name) => name === "inaccessible")]);
    for (const [index, field] of (node.fields ?? []).entries())
      onField.set(`${node.name.value}.${field.name.value}`, fields[index] ?? []);
  }
  return (query) => {
    const met = new Set<string>();
    const types = new TypeInfo(schema);
    visit(
      parse(query),
      visitWithTypeInfo(types, {
        Field: ({ name }) => {
          const parent = types.getParentType();
          if (!isObjectType(parent) && !isInterfaceType(parent)) return;
          for (const directive of onField.get(`${parent.name}.${name.value}`) ?? []) met.add(directive);
          for (const directive of onType.get(parent.name) ?? []) met.add(directive);
          // A required field is external where it is required.
          if (met.has("requires")) met.add("external");
        },
      }),
    );
    return met;
  };
}
