import { type Data, isData, put } from "./data.ts";
import type { FitsType } from "./types.ts";

/**
 * Merges the response of a subgraph into the existing data, in place: objects key by key, lists of the same length element by element, everything else by
 * replacing. New values are used as they are, without a copy. Of two types of one object, the narrower one is kept: a subgraph that knows an object by
 * `@interfaceObject` names the interface.
 */
export function merge(target: Data, source: Data, fits: FitsType): void {
  for (const key of Object.keys(source)) {
    const value = source[key];
    if (value === undefined) continue;
    const held = Object.hasOwn(target, key) ? target[key] : undefined;
    if (held === value) continue;
    if (isData(held) && isData(value)) merge(held, value, fits);
    else if (Array.isArray(held) && Array.isArray(value) && held.length === value.length) mergeLists(held, value, fits);
    else if (key !== "__typename" || typeof held !== "string" || (typeof value === "string" && fits(value, held)))
      put(target, key, value);
  }
}

function mergeLists(target: unknown[], source: readonly unknown[], fits: FitsType): void {
  for (let index = 0; index < source.length; index += 1) {
    const value = source[index];
    const held = target[index];
    if (isData(held) && isData(value)) merge(held, value, fits);
    else if (Array.isArray(held) && Array.isArray(value) && held.length === value.length) mergeLists(held, value, fits);
    else target[index] = value;
  }
}
