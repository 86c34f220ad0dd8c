import { expect } from "vitest";
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

/** Returns whether the object of the field is in the response: clients do not select the keys that the gateway fetches. */
function isInAnswer(data: unknown, path: Path): boolean {
  let value = data;
  for (const key of path) {
    if (value === null) return true;
    if (typeof value !== "object" || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return true;
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

/** Compares the responses when subgraphs fail: the gateway's may lack what the failed calls would have returned, and has an error for it. */
export async function compareBroken(
  federation: Federation,
  operation: GeneratedOperation,
  fault: Fault,
): Promise<void> {
  const untroubled: Troubled = { trouble: "none", seed: 0 };
  const expected = await federation.undivided(operation, untroubled);
  const ours = await federation.executors.ours(operation, async (name, query, variables) => {
    const subgraph = federation.subgraphs[name];
    if (!subgraph) throw new Error(`There is no subgraph ${name}.`);
    return withFault(fault, name, variables, async () => subgraph(query, variables, untroubled));
  });
  const paths = [...ours.errors.flatMap(({ path }) => (path ? [path] : [])), ...ours.invalid];
  const lacking = lackingIn(ours.data, expected.data, []);
  // A field that was not fetched has one error at its own path, and only where something failed.
  const unfetched = ours.errors.filter(({ code }) => code === "REQUIREMENT_FAILED").map(({ path = [] }) => path);
  expect(unfetched.filter((path) => nullOn(ours.data, path) === undefined)).toEqual([]);
  expect(unfetched.map(String).filter((text) => paths.filter((path) => String(path) === text).length > 1)).toEqual([]);
  expect(unfetched.length > 0 && ours.errors.length === unfetched.length).toBe(false);
  // A null from a subgraph in a nullable field needs no error, and an unexpected exception has no path.
  if (fault.kind === "null" || fault.kind === "missing entity" || fault.kind === "thrown") return;
  const explained = new Set(paths.flatMap((path) => nullOn(ours.data, path)?.join() ?? []));
  // A key or requirement that has an error or a wrong value of its own is sent as it is: the subgraph finds or computes something else by it. One of a call
  // that failed is not sent, and no field is fetched by it.
  const hidden = fault.kind === "unavailable" ? [] : paths.filter((path) => !isInAnswer(ours.data, path));
  // An entity that fails as a whole lacks every field of that call.
  const above = [...paths, ...hidden.map((path) => path.slice(0, -1))].map((path) => `${path.join()},`);
  expect(
    lacking.map(String).filter((path) => !explained.has(path) && !above.some((start) => path.startsWith(start))),
  ).toEqual([]);
}

/** Returns the paths where a response has null instead of a value. Any other difference in shape fails the test. */
function lackingIn(ours: unknown, expected: unknown, path: Path): Path[] {
  if (expected === null) return [];
  if (ours === null) return [path];
  if (typeof expected !== "object") return [];
  expect(Array.isArray(ours), path.join(".")).toBe(Array.isArray(expected));
  expect(Object.keys(ours as object), path.join(".")).toEqual(Object.keys(expected));
  return Object.entries(expected).flatMap(([key, value]) =>
    lackingIn((ours as Record<string, unknown>)[key], value, [...path, key]),
  );
}
