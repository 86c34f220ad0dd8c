import type { ResponsePath } from "@apollo/query-planner";
import { type Data, isData, reader } from "./data.ts";

type Path = (string | number)[];

/** Returns a function that finds the objects at a path of the plan, in which `@` matches every element of a list. A null on the way ends a branch. */
export function entitiesAt(path: ResponsePath): (root: Data) => Data[] {
  const steps = path.map((element) => (element === "@" ? undefined : reader(String(element))));
  return (root) => {
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
  };
}

/** Returns the response paths of the objects at a path of the plan. An object that several parents share has several. */
export function pathsOf(root: Data, path: ResponsePath): Map<Data, Path[]> {
  const found = new Map<Data, Path[]>();
  const visit = (value: unknown, depth: number, at: Path): void => {
    if (depth === path.length) {
      if (!isData(value)) return;
      const paths = found.get(value);
      if (paths) paths.push(at);
      else found.set(value, [at]);
    } else if (path[depth] === "@") {
      if (Array.isArray(value)) value.forEach((item, index) => visit(item, depth + 1, [...at, index]));
    } else if (isData(value)) {
      const key = String(path[depth]);
      visit(reader(key)(value), depth + 1, [...at, key]);
    }
  };
  visit(root, 0, []);
  return found;
}
