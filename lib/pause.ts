/** Resolves after the time, at the signal, or when `sooner` does, whichever comes first. Never keeps the process alive. */
export function pause(ms: number, signal: AbortSignal, sooner?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    if (signal.aborted) done();
    else signal.addEventListener("abort", done, { once: true });
    if (sooner)
      void Promise.resolve(sooner)
        .finally(done)
        .catch(() => undefined);
  });
}

/**
 * Resolves when the work does, or at the latest a grace period after the signal.
 * @throws what the work rejects with by then
 */
export async function endedAfter(signal: AbortSignal, graceMs: number, work: Promise<unknown>): Promise<void> {
  const late = new Promise<void>((resolve) => {
    const begin = () => void setTimeout(resolve, graceMs).unref();
    if (signal.aborted) begin();
    else signal.addEventListener("abort", begin, { once: true });
  });
  await Promise.race([work, late]);
}
