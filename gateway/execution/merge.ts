import { ExactNumber } from "#lib/exact-json.ts";
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

/**
 * Adds to existing data what they lack, from a second response to the same request, in place. An object in it whose own values differ is another object: a list
 * may have changed in between. Nothing of such an object is used.
 */
export function fill(target: Data, source: Data): void {
  for (const key of Object.keys(source)) {
    const value = source[key];
    const held = Object.hasOwn(target, key) ? target[key] : undefined;
    if (held === undefined || held === null) {
      if (value !== undefined && value !== null) put(target, key, value);
    } else fillValue(held, value);
  }
}

function fillValue(held: unknown, value: unknown): void {
  if (isData(held) && isData(value)) {
    if (isSame(held, value)) fill(held, value);
  } else if (Array.isArray(held) && Array.isArray(value) && held.length === value.length) {
    value.forEach((each, index) => {
      if (held[index] === null) held[index] = each;
      else fillValue(held[index], each);
    });
  }
}

const isSame = (held: Data, value: Data): boolean =>
  Object.keys(value).every((key) => {
    if (key === "__typename") return true;
    const [one, other] = [leafIn(held[key]), leafIn(value[key])];
    return one === undefined || other === undefined || one === other;
  });

/** Returns what two leaves are compared by; undefined for everything else. A large integer has its digits: it may be an id. */
function leafIn(value: unknown): unknown {
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.source) ? value.source : Number(value);
  return ["string", "number", "boolean"].includes(typeof value) ? value : undefined;
}
