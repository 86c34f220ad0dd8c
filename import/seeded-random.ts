/** Returns a number from 0 to 1 (exclusive) that depends only on its arguments: the same fleet on every machine and at every start. */
export function noise(...seed: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const part of seed) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}
