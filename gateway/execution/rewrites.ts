import type { FetchDataRewrite } from "@apollo/query-planner";
import { type Data, isData, put, reader } from "./data.ts";
import type { FitsType } from "./types.ts";

/** Changes, in place, a value that is sent to a subgraph or received from it. */
export type Rewrite = (value: unknown) => void;

const fragmentPrefix = "... on ";

/** Compiles the planner's rewrites: another `__typename` for `@interfaceObject`, another key for fields that would collide. */
export function rewritesOf(rewrites: readonly FetchDataRewrite[] | undefined, fits: FitsType): Rewrite | undefined {
  if (!rewrites || rewrites.length === 0) return undefined;
  const all = rewrites.map((rewrite) => rewriteOf(rewrite, fits));
  return (value) => {
    for (const rewrite of all) rewrite(value);
  };
}

/**
 * Returns a function that renames the path of a subgraph's error to the keys that a client knows. The subgraph's own path contains the keys that the
 * planner gave to colliding fields.
 */
export function renamedPath(
  rewrites: readonly FetchDataRewrite[] | undefined,
): (path: readonly (string | number)[]) => (string | number)[] {
  const renamers = (rewrites ?? []).flatMap((rewrite) =>
    rewrite.kind === "KeyRenamer"
      ? [{ to: rewrite.renameKeyTo, keys: rewrite.path.filter((element) => !element.startsWith(fragmentPrefix)) }]
      : [],
  );
  return (path) => {
    const renamed = [...path];
    const places = [...renamed.keys()].filter((place) => typeof renamed[place] === "string");
    for (const { to, keys } of renamers) {
      const last = places[keys.length - 1];
      if (last !== undefined && keys.every((key, depth) => renamed[places[depth] ?? -1] === key)) renamed[last] = to;
    }
    return renamed;
  };
}

function rewriteOf(rewrite: FetchDataRewrite, fits: FitsType): Rewrite {
  const key = rewrite.path.at(-1) ?? "";
  const read = reader(key);
  const change = (data: Data): void => {
    if (rewrite.kind === "ValueSetter") return put(data, key, rewrite.setValueTo);
    const value = read(data);
    if (value === undefined) return;
    // A null is a value too: a field may require it.
    if (value !== null || reader(rewrite.renameKeyTo)(data) === undefined) put(data, rewrite.renameKeyTo, value);
    put(data, key, undefined);
  };
  return rewrite.path.slice(0, -1).reduceRight<(data: Data) => void>((next, element) => {
    if (!element.startsWith(fragmentPrefix)) {
      const step = reader(element);
      return (data) => onEach(step(data), next);
    }
    const condition = element.slice(fragmentPrefix.length);
    // Without a `__typename`, only one type is possible.
    return (data) => {
      const typename = data["__typename"];
      if (typeof typename !== "string" || fits(typename, condition)) next(data);
    };
  }, change) as Rewrite;
}

function onEach(value: unknown, change: (data: Data) => void): void {
  if (Array.isArray(value)) for (const item of value) onEach(item, change);
  else if (isData(value)) change(value);
}
