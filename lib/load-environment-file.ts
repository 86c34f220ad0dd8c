import { existsSync, statSync } from "node:fs";
import { ConfigurationError } from "./configuration-error.ts";

// Imported first by what begins a process: other modules read the environment as they are loaded.
try {
  loadEnvironmentFile();
} catch (error) {
  const { code, message } = error as ConfigurationError;
  process.stderr.write(`${code}: ${message}\n`);
  process.exit(1);
}

/**
 * Adds to the environment what a file of lines `NAME=value` holds: `.env` of the working directory, or the file that `NOVACRON_ENV_FILE` names, which is
 * none when it is empty. What the environment holds already is kept.
 * @throws ConfigurationError for a file that cannot be read, and for one that was named and is not there
 */
function loadEnvironmentFile(): void {
  const named = process.env["NOVACRON_ENV_FILE"];
  if (named === "") return;
  const file = named ?? ".env";
  // A folder of that name is a virtual environment of Python.
  if (named === undefined && (!existsSync(file) || statSync(file).isDirectory())) return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new ConfigurationError([`${named === undefined ? ".env" : "NOVACRON_ENV_FILE"}: cannot be read (${reason})`]);
  }
}
