/** The number of concurrent requests. */
export const connections = 8;

/**
 * Runs `call` `count` times, with as many calls at once as there are connections, for each of `sizes` in turn.
 * @returns how long all of it took, in milliseconds
 */
export async function runConcurrently(
  count: number,
  sizes: readonly number[],
  call: (size: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const began = performance.now();
  const client = async (): Promise<void> => {
    while (next < count) {
      const size = sizes[next % sizes.length] ?? 0;
      next += 1;
      await call(size);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  return performance.now() - began;
}
