import fc from "fast-check";
import {
  type FieldNode,
  isInterfaceType,
  isNonNullType,
  Kind,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { expect, it } from "vitest";
import { loadSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { operationOf } from "#gateway/operation.ts";
import { PublicError } from "#lib/errors.ts";
import { compileSynchronously } from "./compile-synchronously.ts";
import { operationFrom } from "./documents.ts";
import { type MockSupergraph, shop } from "./mock-supergraphs.ts";

// The documents are always the same, so that only a change can break a run; other seeds explore.
const seed = Number(process.env["NOVACRON_SEED"] ?? 20261126);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 100);

/** The representation has what these fields require, and a mock answers by everything that it receives. Other fields would change without them. */
const without = new Set(["Product.shipping", "Product.box", "Product.worth"]);

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };
const refusal = new PublicError("FORBIDDEN", "This needs a permission.");

function refusing({ sdl, subgraphs }: MockSupergraph, mutations: boolean): Promise<void> {
  const supergraph = loadSupergraph(sdl);
  const schema = supergraph.apiSchema;
  const tape = fc.array(fc.nat(255), { minLength: 5, maxLength: 250, size: "max" });
  let refusedOnce = 0;
  const property = fc.asyncProperty(tape, tape, async (numbers, choices) => {
    const { query, variables } = operationFrom(numbers, { schema, mutations, without });
    fc.pre(validate(schema, parse(query)).length === 0);
    // Without some fields the planner may plan others differently. Here every object selects its type in either case.
    const document = visit(parse(query), {
      Directive: () => null,
      SelectionSet: { leave: (set) => ({ ...set, selections: [typename, ...set.selections] }) },
    });
    const operation = operationOf(document, undefined);
    if (!operation) throw new Error("The document has no operation.");
    const fields = new Map<FieldNode, PublicError>();
    const types = new TypeInfo(schema);
    let met = 0;
    for (const root of [operation.definition, ...operation.fragments.values()]) {
      const choose = (node: FieldNode) => {
        const parent = types.getParentType();
        const type = types.getFieldDef()?.type;
        met += 1;
        // Chooses only nullable fields, because a null in another one removes more than the field itself. The object's own type decides.
        const objects = isInterfaceType(parent) ? schema.getPossibleTypes(parent) : [];
        const mayBeNull = objects.every((each) => !isNonNullType(each.getFields()[node.name.value]?.type));
        if (type && !isNonNullType(type) && mayBeNull && (choices[met % choices.length] ?? 0) % 4 === 1)
          fields.set(node, refusal);
      };
      visit(root, visitWithTypeInfo(types, { Field: choose }));
    }
    const run = async (lacking: ReadonlyMap<FieldNode, PublicError>) => {
      const compiled = compileSynchronously(supergraph, operation, { refused: lacking });
      const { json, errors } = await compiled.execute(variables, async ({ serviceName, operation: text }, given) => {
        const answer = await subgraphs[serviceName]?.(text, given);
        if (!answer) throw new Error(`There is no subgraph ${serviceName}.`);
        return structuredClone(answer);
      });
      return { data: JSON.parse(json) as unknown, errors };
    };
    // The planner cannot plan a few valid documents.
    const whole = await run(new Map()).catch(() => undefined);
    const refused = await run(fields).catch(() => undefined);
    fc.pre(whole !== undefined && refused !== undefined && whole.errors.length === 0);
    for (const { path, originalError } of refused.errors) {
      expect(originalError).toBe(refusal);
      withNull(whole.data, path ?? []);
    }
    refusedOnce += Number(refused.errors.length > 0);
    expect(refused.data, query).toEqual(whole.data);
  });
  return fc.assert(property, { seed, numRuns: runs, interruptAfterTimeLimit: 20_000 }).then(() => {
    expect(refusedOnce).toBeGreaterThan(runs / 10);
  });
}

function withNull(data: unknown, path: readonly (string | number)[]): void {
  let parent = data as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as typeof parent;
  const key = path.at(-1) ?? "";
  expect(Object.keys(parent)).toContain(String(key));
  parent[key] = null;
}

it.each([
  ["queries", false],
  ["queries and mutations", true],
])(
  `with NOVACRON_SEED=${seed}, a response with refused fields is the whole response with a null and an error at each of them: %s`,
  async (_what, mutations) => refusing(shop(), mutations),
);
