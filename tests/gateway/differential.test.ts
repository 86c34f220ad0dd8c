import fc from "fast-check";
import { parse, validate } from "graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { Coverage, toCover } from "./coverage.ts";
import { type AskSubgraphs, bothExecutors, type BothExecutors, type Outcome, type Path } from "./both-executors.ts";
import { type GeneratedOperation, type Generation, operationFrom } from "./documents.ts";
import { type FaultKind, faultKinds, withFault } from "./faults.ts";
import { media, type MockSupergraph, shop, zoo } from "./mock-supergraphs.ts";

// Always the same documents, so that a red run is the change's doing; other seeds explore.
const seed = Number(process.env["NOVACRON_SEED"] ?? 20261126);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 100);

const tape = fc.array(fc.nat(255), { minLength: 5, maxLength: 250, size: "max" });

async function compare(both: BothExecutors, operation: GeneratedOperation, ask: AskSubgraphs): Promise<void> {
  const ours = await both.ours(operation, ask);
  const apollo = await both.apollo(operation, ask);
  expect(ours.data).toEqual(apollo.data);
  // Apollo tells an error of a whole call for entities once, at a path that still has `_entities` in it; ours tells it at each of the entities.
  const ofWholeCall = new Set(apollo.errors.filter(({ path }) => path?.at(-1) === "_entities").map(told));
  const counted = ({ errors }: Outcome) =>
    errors.map(told).filter((error, index, all) => !ofWholeCall.has(error) || all.indexOf(error) === index);
  expect(counted(ours).sort()).toEqual(counted(apollo).sort());
  if (ofWholeCall.size === 0) expect(placed(ours)).toEqual(placed(apollo));
  if (ours.errors.length > 0) return;
  // Both stop at the first field that makes its object null. But Apollo takes a field that is selected in several places once for each; in ours
  // it is one field at its first place, as the specification has it. So each may know of something that the other never came to: ours has
  // to know of Apollo's, or of another reason for the null that hides it, and what ours knows of must explain what is lacking.
  const explained = new Set(ours.invalid.flatMap((path) => path.map((_, index) => String(path.slice(0, index + 1)))));
  const hidden = (path: Path) => {
    const lost = nullOn(ours.data, path);
    return lost !== undefined && explained.has(String(lost));
  };
  expect(apollo.invalid.filter((path) => !explained.has(String(path)) && !hidden(path)).map(String)).toEqual([]);
  expect(wrongPlaces({ ...ours, errors: ours.invalid.map((path) => ({ message: "", code: "", path })) })).toEqual([]);
}

const told = ({ message, code }: Outcome["errors"][number]) => `${String(code)}: ${message}`;
/**
 * Without the positions in lists: Apollo counts an error's entity among all objects of the list, though it asked only for those that have a
 * representation, so in lists of several types it blames a neighbour.
 */
const placed = ({ errors }: Outcome) =>
  errors.map((error) => `${told(error)} at ${error.path?.filter((key) => typeof key === "string").join(".")}`).sort();

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

/** The part of a path that leads to a null, if it goes on from there. */
function nullOn(data: unknown, path: Path): Path | undefined {
  let value = data;
  for (const [index, key] of path.entries()) {
    if (value === null) return path.slice(0, index);
    value = (value as Record<string | number, unknown>)[key];
  }
  return undefined;
}

const lacksSomething = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.values(value).some(lacksSomething));

interface Compared {
  supergraph: MockSupergraph;
  both: BothExecutors;
}

function check(
  name: string,
  { supergraph, both }: Compared,
  generation: Omit<Generation, "schema"> & { runs?: number },
  kind: FaultKind,
) {
  const coverage = new Coverage(supergraph.schemas);
  coverages.push(coverage);
  return fc.assert(
    fc.asyncProperty(tape, fc.nat(10_000), async (numbers, faultSeed) => {
      const operation = operationFrom(numbers, { ...generation, schema: both.schema });
      // Fields that cannot be merged into one come out of the tape at times.
      fc.pre(validate(both.schema, parse(operation.query)).length === 0);
      fc.pre(both.isOracle(operation.query));
      coverage.count(operation.query, both.plan(operation));
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
    { seed, numRuns: generation.runs ?? runs, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false },
  );
}

const coverages: Coverage[] = [];

describe(`with NOVACRON_SEED=${seed}, the compiled executor answers as Apollo's does`, () => {
  describe.each([
    ["shop", shop, { mutations: true }],
    ["media", media, {}],
    ["zoo", zoo, { runs: 3 * runs }],
  ] as const)("over the %s supergraph", (name, makeSupergraph, generation) => {
    let compared: Compared;
    beforeAll(() => {
      const supergraph = makeSupergraph();
      compared = { supergraph, both: bothExecutors(supergraph.sdl) };
    });
    it.each(faultKinds)("when subgraphs fail in this way: %s", async (kind) => {
      await check(name, compared, generation, kind);
    });
  });

  it("comes upon every kind of plan node and every directive a hundred times", () => {
    const counts = toCover.map(
      (name) => [name, sum(coverages.map((coverage) => coverage.counts.get(name) ?? 0))] as const,
    );
    process.stdout.write(`operations with ${counts.map(([name, count]) => `${name}: ${count}`).join(", ")}\n`);
    const least = Math.min(100, runs);
    expect(counts.filter(([, count]) => count < least)).toEqual([]);
  });
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
