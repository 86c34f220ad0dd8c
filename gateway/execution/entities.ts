import type { ResponsePath } from "@apollo/query-planner";
import type { ForTypes } from "../planning/foreign-shapes/fetches-by-type.ts";
import { type Data, isData, reader } from "./data.ts";

type Path = (string | number)[];

/** Where the objects of a fetch are. */
export interface Place {
  /** `@` matches every element of a list. */
  path: ResponsePath;
  /** For which of the objects the fetch is, where it is not for all. */
  forTypes?: ForTypes | undefined;
}

/** Returns a function that finds the objects at a place. A null on the way ends a branch. */
export function entitiesAt({ path, forTypes = true }: Place): (root: Data) => Data[] {
  const steps = path.map((element) => (element === "@" ? undefined : reader(String(element))));
  return typeof forTypes === "boolean" ? (root) => allAt(steps, root) : (root) => someAt(steps, forTypes, root);
}

/** Reads a key of an object; undefined for the elements of a list. */
type Steps = readonly (ReturnType<typeof reader> | undefined)[];

function allAt(steps: Steps, root: Data): Data[] {
  let level: unknown[] = [root];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of level) {
      if (!step) {
        if (Array.isArray(value)) for (const item of value) next.push(item);
      } else if (isData(value)) next.push(step(value));
    }
    level = next;
  }
  return level.filter(isData);
}

/** Where a search is on a path: the element of the path, the number of keys before it, and for which of the objects here the fetch is. */
interface OnPath {
  step: number;
  depth: number;
  above: ForTypes;
}

function someAt(steps: Steps, forTypes: ForTypes, root: Data): Data[] {
  const found: Data[] = [];
  const visit = (value: unknown, { step, depth, above }: OnPath): void => {
    const read = steps[step];
    if (step < steps.length && !read) {
      if (Array.isArray(value)) for (const item of value) visit(item, { step: step + 1, depth, above });
      return;
    }
    if (!isData(value)) return;
    const below = belowObject(above, depth, value);
    if (below === false) return;
    if (read) visit(read(value), { step: step + 1, depth: depth + 1, above: below });
    else found.push(value);
  };
  visit(root, { step: 0, depth: 0, above: forTypes });
  return found;
}

function belowObject(above: ForTypes, depth: number, { __typename: typename }: Data): ForTypes {
  if (typeof above === "boolean" || above.depth !== depth) return above;
  return above.types.get(typename as string) ?? above.unknown;
}

/**
 * Returns a function that returns the response paths of an object of a place. An object that several parents share has several. One whose type became known
 * during the fetch has all its paths.
 */
export function pathsOf(root: Data, { path, forTypes = true }: Place): (entity: Data) => readonly Path[] {
  const found = pathsFor(root, path, forTypes);
  let all: ReadonlyMap<Data, readonly Path[]> | undefined;
  return (entity) => found.get(entity) ?? (all ??= pathsFor(root, path, true)).get(entity) ?? [];
}

function pathsFor(root: Data, path: ResponsePath, forTypes: ForTypes): Map<Data, Path[]> {
  const found = new Map<Data, Path[]>();
  const visit = (value: unknown, at: Path, { step, depth, above }: OnPath): void => {
    const element = path[step];
    if (element === "@") {
      if (Array.isArray(value))
        value.forEach((item, index) => visit(item, [...at, index], { step: step + 1, depth, above }));
      return;
    }
    if (!isData(value)) return;
    const below = belowObject(above, depth, value);
    if (below === false) return;
    if (element !== undefined) {
      visit(reader(String(element))(value), [...at, element], { step: step + 1, depth: depth + 1, above: below });
      return;
    }
    const paths = found.get(value);
    if (paths) paths.push(at);
    else found.set(value, [at]);
  };
  visit(root, [], { step: 0, depth: 0, above: forTypes });
  return found;
}
