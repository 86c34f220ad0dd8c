/**
 * Has SIGTERM and Ctrl-C end this process with exit code 0: at once as long as there is nothing to stop, and else after `stop`, which is
 * called once. It is called before a process starts what it does: the first process of a container is not ended by a signal that it does not
 * handle. A `stop` that rejects ends the process with exit code 1.
 */
export function endOnStopSignals(): { whenStarted(stop: () => Promise<void>): void } {
  let stop = async (): Promise<void> => undefined;
  let stopping = false;
  const onSignal = () => {
    if (stopping) return;
    stopping = true;
    void stop().then(() => process.exit(0));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return {
    whenStarted: (given) => {
      stop = given;
    },
  };
}
