import { ConfigurationError } from "./configuration-error.ts";

/**
 * The port that a variable of the environment names; an empty variable is not set.
 * @throws ConfigurationError
 */
export function readPort(name: string, otherwise: number, env: NodeJS.ProcessEnv = process.env): number {
  const text = env[name] ?? "";
  if (text === "") return otherwise;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new ConfigurationError([`${name}: ${text} is not a port`]);
  return port;
}
