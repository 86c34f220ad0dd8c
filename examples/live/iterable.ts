/** The callbacks of a subscription. */
export interface Listener<Value> {
  next(value: Value): void;
  error(error: unknown): void;
  complete(): void;
}

/**
 * Yields the values of a subscription, for `for await`. Values that arrive faster than they are read wait. It ends with the subscription, at the signal, or
 * when the reader leaves the loop. All values before an error are yielded before the error is thrown.
 */
export async function* iterable<Value>(
  subscribe: (listener: Listener<Value>) => () => void,
  signal?: AbortSignal,
): AsyncGenerator<Value, void, undefined> {
  if (signal?.aborted) return;
  const waiting: Value[] = [];
  let end: { error?: unknown } | undefined;
  let wake = () => {};
  const ended = (how: { error?: unknown }) => {
    end ??= how;
    wake();
  };
  const onAbort = () => {
    waiting.length = 0;
    ended({});
  };
  const stop = subscribe({
    next: (value) => {
      waiting.push(value);
      wake();
    },
    error: (error) => ended({ error }),
    complete: () => ended({}),
  });
  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift() as Value;
      if (end && "error" in end) throw end.error;
      if (end) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop();
  }
}
