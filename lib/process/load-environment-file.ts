import { existsSync, statSync } from "node:fs";
import { ConfigurationError } from "./configuration-error.ts";

// Process entries import this module first: other modules read the environment while they are loaded.
try {
  loadEnvironmentFile();
} catch (error) {
  const { code, message } = error as ConfigurationError;
  process.stderr.write(`${code}: ${message}\n`);
  process.exit(1);
}

/**
 * Adds the lines `NAME=value` of a file to the environment: `.env` of the working directory, or the file that `NOVACRON_ENV_FILE` names; an empty value
 * means no file. Variables that are already set are kept.
 * @throws ConfigurationError for a file that cannot be read, and for a named file that does not exist
 */
function loadEnvironmentFile(): void {
  const named = process.env["NOVACRON_ENV_FILE"];
  if (named === "") return;
  const file = named ?? ".env";
  // A folder of that name is a Python virtual environment.
  if (named === undefined && (!existsSync(file) || statSync(file).isDirectory())) return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new ConfigurationError([`${named === undefined ? ".env" : "NOVACRON_ENV_FILE"}: cannot be read (${reason})`]);
  }
}
