import { ConfigurationError } from "./configuration-error.ts";
import { readSecret } from "../trust/secrets.ts";

/**
 * Returns `REDIS_URL` with the password in `REDIS_PASSWORD` or its file, if there is one.
 * @throws ConfigurationError
 */
export function readRedisUrl(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const [text, password] = [env["REDIS_URL"], readSecret("REDIS_PASSWORD", env)];
  if (text === undefined || password === undefined || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password !== "") throw new ConfigurationError(["REDIS_PASSWORD: REDIS_URL holds a password already"]);
  url.password = encodeURIComponent(password);
  return url.href;
}
