import { expect } from "vitest";
import { Alterations } from "./alterations.ts";
import type { Outcome, Path } from "../both-executors.ts";
import type { GeneratedOperation } from "../documents.ts";
import { type Fault, withFault } from "../faults.ts";
import type { Federation } from "./federation.ts";
import type { Troubled } from "./subgraph.ts";

/** Compares the gateway's response with that of one service over the same data: the nulls, and the errors that explain them. */
export async function compare(
  federation: Federation,
  operation: GeneratedOperation,
  troubled: Troubled,
): Promise<void> {
  const expected = await federation.undivided(operation, troubled);
  const ours = await federation.executors.ours(operation, async (name, query, variables) => {
    const subgraph = federation.subgraphs[name];
    if (!subgraph) throw new Error(`There is no subgraph ${name}.`);
    return subgraph(query, variables, troubled);
  });
  expect(ours.data, JSON.stringify(ours.errors)).toEqual(expected.data);
  expect(keysInOrder(ours.data)).toEqual(keysInOrder(expected.data));
  const places = new Set(expected.failures.map(String));
  const paths = [...ours.errors.map(({ path }) => path ?? []), ...ours.invalid];
  // Each error is of a field that fails; each null that a failure causes has an error; no path has two errors.
  expect(paths.map(String).filter((path) => !places.has(path))).toEqual([]);
  expect(nullsOf(ours, paths)).toEqual(nullsOf(ours, expected.failures));
  const texts = paths.map(String);
  expect(texts.filter((path, index) => texts.indexOf(path) !== index)).toEqual([]);
}

/** JSON also compares the order of keys, on which clients may rely. */
const keysInOrder = (data: unknown): string => JSON.stringify(data);

/** Returns the paths where the response is null because of failures. */
const nullsOf = ({ data }: Outcome, failures: readonly Path[]): string[] =>
  [...new Set(failures.flatMap((path) => nullOn(data, path)?.join() ?? []))].sort();

/** Returns the part of a path that leads to a null. */
function nullOn(data: unknown, path: Path): Path | undefined {
  let value = data;
  for (let length = 0; length <= path.length; length += 1) {
    if (value === null) return path.slice(0, length);
    value = (value as Record<string | number, unknown> | undefined)?.[path[length] ?? ""];
  }
  return undefined;
}

/**
 * Compares the responses when subgraphs fail: each value of the gateway's is that of the untroubled graph, what the fault put in its place, or what a subgraph
 * computed from what it received. A field may also be null; it then has an error, unless the fault itself is without one.
 */
export async function compareBroken(
  federation: Federation,
  operation: GeneratedOperation,
  fault: Fault,
): Promise<void> {
  const untroubled: Troubled = { trouble: "none", seed: 0 };
  const expected = await federation.undivided(operation, untroubled);
  const alterations = new Alterations(federation.world, federation.plan(operation));
  const ours = await federation.executors.ours(operation, async (name, query, variables) => {
    const subgraph = federation.subgraphs[name];
    if (!subgraph) throw new Error(`There is no subgraph ${name}.`);
    const { observer, onBroken } = alterations.call(query, variables);
    const answer = async () => subgraph(query, variables, { ...untroubled, observer });
    return withFault(fault, name, variables, answer, onBroken);
  });
  const paths = [...ours.errors.flatMap(({ path }) => (path ? [path] : [])), ...ours.invalid];
  const different = differencesIn(ours.data, expected.data, []).filter(
    ({ value, path }) => !alterations.mayBe(value, expected.fields, path),
  );
  // A field that was not fetched has one error at its own path, and only where something failed.
  const unfetched = ours.errors.filter(({ code }) => code === "REQUIREMENT_FAILED").map(({ path = [] }) => path);
  expect(unfetched.filter((path) => nullOn(ours.data, path) === undefined)).toEqual([]);
  expect(unfetched.map(String).filter((text) => paths.filter((path) => String(path) === text).length > 1)).toEqual([]);
  expect(unfetched.length > 0 && ours.errors.length === unfetched.length).toBe(false);
  expect(different.filter(({ value }) => value !== null)).toEqual([]);
  // An unexpected exception has no path.
  if (fault.kind === "thrown") return;
  const explained = new Set(paths.flatMap((path) => nullOn(ours.data, path)?.join() ?? []));
  // An entity that fails as a whole lacks every field of that call.
  const above = paths.map((path) => `${path.join()},`);
  expect(
    different
      .map(({ path }) => path.join())
      .filter((path) => !explained.has(path) && !above.some((start) => path.startsWith(start))),
  ).toEqual([]);
}

interface Difference {
  path: Path;
  value: unknown;
}

/** Returns where a response has null or another leaf instead of a value. Any other difference in shape fails the test. */
function differencesIn(ours: unknown, expected: unknown, path: Path): Difference[] {
  if (ours === expected) return [];
  if (ours === null || expected === null || typeof expected !== "object") return [{ path, value: ours }];
  expect(Array.isArray(ours), path.join(".")).toBe(Array.isArray(expected));
  expect(Object.keys(ours as object), path.join(".")).toEqual(Object.keys(expected));
  return Object.entries(expected).flatMap(([key, value]) =>
    differencesIn((ours as Record<string, unknown>)[key], value, [...path, key]),
  );
}
