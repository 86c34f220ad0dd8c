import { ConfigurationError } from "./configuration-error.ts";

/**
 * Returns the port in a variable of the environment; an empty variable counts as unset.
 * @throws ConfigurationError
 */
export function readPort(name: string, otherwise: number, env: NodeJS.ProcessEnv = process.env): number {
  const text = env[name] ?? "";
  if (text === "") return otherwise;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new ConfigurationError([`${name}: ${text} is not a port`]);
  return port;
}
