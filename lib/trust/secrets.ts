import { ConfigurationError } from "../process/configuration-error.ts";
import { type FileError, readTextFile } from "../files/text-file.ts";

const maxSecretBytes = 65_536;

/**
 * Returns the value of a variable of the environment, or the content of the file that `<NAME>_FILE` names, without its last line break. Database images use
 * the same convention, with which no environment contains secrets.
 * @throws ConfigurationError that names the variable; neither the secret nor the path, which may be a secret in the wrong place
 */
export function readSecret(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined) return env[name];
  if (env[name] !== undefined)
    throw new ConfigurationError([`${name}: given in addition to ${name}_FILE; give one of them`]);
  try {
    return readTextFile(file, maxSecretBytes).replace(/\r?\n$/, "");
  } catch (error) {
    const { cause, code } = error as FileError;
    const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? code;
    throw new ConfigurationError([`${name}_FILE: names no file that this program can read (${reason})`]);
  }
}

/**
 * Returns `DATABASE_URL_<NAME>` with the password in `DATABASE_PASSWORD_<NAME>` or its file, if there is one.
 * @throws ConfigurationError
 */
export function readDatabaseUrl(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const [urlName, passwordName] = [`DATABASE_URL_${name.toUpperCase()}`, `DATABASE_PASSWORD_${name.toUpperCase()}`];
  const [text, password] = [env[urlName], readSecret(passwordName, env)];
  if (text === undefined || password === undefined || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password !== "") throw new ConfigurationError([`${passwordName}: ${urlName} holds a password already`]);
  url.password = encodeURIComponent(password);
  return url.href;
}
