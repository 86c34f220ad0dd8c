import { ExactNumber } from "#lib/exact-json.ts";

/** Merged responses of subgraphs: an object of response keys. Its prototype may be `Object.prototype`, so only its own properties count. */
export type Data = Record<string, unknown>;

export const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** Returns a reader of one response key. For keys that every object inherits (`constructor`, as an alias) it reads own properties only. */
export function reader(key: string): (data: Data) => unknown {
  return key in Object.prototype ? (data) => (Object.hasOwn(data, key) ? data[key] : undefined) : (data) => data[key];
}

/** Sets one response key; `__proto__` as an alias is an ordinary key. */
export function put(data: Data, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(data, key, { value, configurable: true, enumerable: true, writable: true });
  else data[key] = value;
}
