/** Returns the reason why a process ends, as `CODE: message`. Messages of the system already begin with their code. */
export function failureText(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  // Node tries several addresses of a host, and its error has a message for each and no message itself.
  const shown: unknown = error instanceof AggregateError && error.message === "" ? error.errors[0] : error;
  const message = shown instanceof Error ? shown.message : String(shown);
  return typeof code === "string" && !message.startsWith(`${code}:`) ? `${code}: ${message}` : message;
}

/** Ends this process with exit code 1 and the reason on standard error. */
export function failProcess(error: unknown): never {
  process.stderr.write(`${failureText(error)}\n`);
  process.exit(1);
}

/**
 * Runs the main function of a process. Every entry point uses it, so a process that cannot start ends with one readable message, and not with a stack
 * trace.
 */
export async function runProcess(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    failProcess(error);
  }
}
