import { whenNpmEnds } from "./parent-process.ts";

/** SIGHUP means that the terminal was closed. */
const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Calls `stop` once, at the first of the signals that end a process, or when the npm that started it has ended.
 * @returns a function that removes the handlers
 */
export function onStop(stop: () => void): () => void {
  const undo = () => {
    for (const signal of stopSignals) process.removeListener(signal, once);
    endWatch();
  };
  let stopped = false;
  const once = () => {
    if (stopped) return;
    stopped = true;
    stop();
  };
  for (const signal of stopSignals) process.on(signal, once);
  const endWatch = whenNpmEnds(once);
  return undo;
}

/**
 * Ends this process with exit code 0 at the signals of `onStop`: immediately while there is nothing to stop, and otherwise after `stop`, which is called
 * once. It is called before a process starts its work: a signal does not end the first process of a container unless the process handles it. A `stop` that
 * rejects ends the process with exit code 1.
 */
export function endOnStopSignals(): { whenStarted(stop: () => Promise<void>): void } {
  let stop = async (): Promise<void> => undefined;
  onStop(() => void stop().then(() => process.exit(0)));
  return {
    whenStarted: (given) => {
      stop = given;
    },
  };
}
