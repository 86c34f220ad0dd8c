import fc from "fast-check";
import { parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { type AskSubgraphs, bothExecutors, type BothExecutors, type Outcome } from "./both-executors.ts";
import { type GeneratedOperation, type Generation, operationFrom } from "./documents.ts";
import { type FaultKind, faultKinds, withFault } from "./faults.ts";
import { media, type MockSupergraph, shop } from "./mock-supergraphs.ts";

const seed = Number(process.env["NOVACRON_SEED"] ?? Date.now() % 2 ** 31);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 100);

const tape = fc.array(fc.nat(255), { minLength: 5, maxLength: 250, size: "max" });

async function compare(both: BothExecutors, operation: GeneratedOperation, ask: AskSubgraphs): Promise<void> {
  const ours = await both.ours(operation, ask);
  const apollo = await both.apollo(operation, ask);
  expect(ours.data).toEqual(apollo.data);
  expect(ours.errors.map(told).sort()).toEqual(apollo.errors.map(told).sort());
  // Apollo counts an error's entity among all objects of the list, though it asked only for those that have a representation, so in lists of
  // several types it blames a neighbour; and it leaves `_entities` in the path of an error of the whole call.
  if (wrongPlaces(apollo).length === 0 && wrongPlaces(ours).length > 0) expect(placed(ours)).toEqual(placed(apollo));
  if (ours.errors.length > 0) return;
  const invalid = new Set(ours.invalid.map(String));
  expect(apollo.invalid.map(String).filter((path) => !invalid.has(path))).toEqual([]);
  // Apollo stops at the first field that makes its object null, and takes a field that is selected in several places once for each; in ours it
  // is one field, as the specification has it. So ours may know of more: an object that cannot say its type, or what hangs on such a null.
  expect(wrongPlaces({ ...ours, errors: ours.invalid.map((path) => ({ message: "", code: "", path })) })).toEqual([]);
}

const told = ({ message, code }: Outcome["errors"][number]) => `${String(code)}: ${message}`;
const placed = ({ errors }: Outcome) => errors.map((error) => `${told(error)} at ${error.path?.join(".")}`).sort();

/** Errors whose path leads nowhere, or to a value that is whole: they explain nothing. */
function wrongPlaces({ data, errors }: Outcome): string[] {
  return errors.flatMap(({ path }) => {
    let value = data;
    for (const key of path ?? []) {
      if (value === null || value === undefined) break;
      value = (value as Record<string | number, unknown>)[key];
    }
    return path && !lacksSomething(value) ? [path.join(".")] : [];
  });
}

const lacksSomething = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.values(value).some(lacksSomething));

function check(name: string, supergraph: MockSupergraph, generation: Omit<Generation, "schema">, kind: FaultKind) {
  const both = bothExecutors(supergraph.sdl);
  return fc.assert(
    fc.asyncProperty(tape, fc.nat(10_000), async (numbers, faultSeed) => {
      const operation = operationFrom(numbers, { ...generation, schema: both.schema });
      // Fields that cannot be merged into one come out of the tape at times.
      fc.pre(validate(both.schema, parse(operation.query)).length === 0 && both.canPlan(operation.query));
      await compare(both, operation, async (subgraph, query, variables) =>
        withFault({ kind, seed: faultSeed }, subgraph, variables, async () => {
          const answer = supergraph.subgraphs[subgraph];
          if (!answer) throw new Error(`There is no subgraph ${subgraph}.`);
          return answer(query, variables);
        }),
      ).catch((error: unknown) => {
        throw new Error(
          `${name}, ${kind} ${faultSeed}:\n${operation.query}\n${JSON.stringify(operation.variables)}\n${String(error instanceof Error ? error.message : error)}`,
        );
      });
    }),
    // A failing document shrinks for as long as that; then the smallest so far is told.
    { seed, numRuns: runs, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false },
  );
}

describe(`with NOVACRON_SEED=${seed}, the compiled executor answers as Apollo's does`, () => {
  describe.each([
    ["shop", shop, { mutations: true }],
    ["media", media, {}],
  ] as const)("over the %s supergraph", (name, supergraph, generation) => {
    it.each(faultKinds)("when subgraphs fail in this way: %s", async (kind) => {
      await check(name, supergraph(), generation, kind);
    });
  });
});
