import { whenNpmEnds } from "./parent-process.ts";

/** SIGHUP is a terminal that was closed. */
const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Calls `stop` once, at the first of the signals that end a process, or when the npm that started it has ended.
 * @returns what takes this back
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
 * Has the signals of `onStop` end this process with exit code 0: at once as long as there is nothing to stop, and else after `stop`, which is
 * called once. It is called before a process starts what it does: the first process of a container is not ended by a signal that it does not
 * handle. A `stop` that rejects ends the process with exit code 1.
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
