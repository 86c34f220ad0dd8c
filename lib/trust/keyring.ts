import { z } from "zod";
import { ConfigurationError } from "../process/configuration-error.ts";
import { readSecret } from "./secrets.ts";

/** A secret, and the id by which signatures and sealed secrets refer to it. */
export interface Key {
  id: string;
  secret: string;
}

/**
 * The first key signs and seals; all of them verify and open. A new key is put in front, and an old one is removed when nothing needs it any more. So keys
 * are rotated while everything runs.
 */
export type Keyring = readonly [Key, ...Key[]];

const keyShape = z.object({ id: z.string().regex(/^[A-Za-z0-9-]{1,32}$/), secret: z.string().regex(/^[^\r\n]{32,}$/) });

export const keyringShape: z.ZodType<Keyring> = z.tuple([keyShape], keyShape);

/** Parses `id:secret,id:secret`, the newest first; a secret without an id has the id `1`. Returns undefined for any other text. */
export function parseKeyring(text: string): Keyring | undefined {
  const keys = text.split(",").map((part) => {
    const colon = part.indexOf(":");
    return colon < 0 ? { id: "1", secret: part } : { id: part.slice(0, colon), secret: part.slice(colon + 1) };
  });
  const parsed = keyringShape.safeParse(keys);
  return parsed.success && new Set(parsed.data.map(({ id }) => id)).size === keys.length ? parsed.data : undefined;
}

/**
 * Returns the keys in a variable of the environment, or in its file.
 * @throws ConfigurationError that names the variable, never its value
 */
export function readKeyring(name: string, env: NodeJS.ProcessEnv = process.env): Keyring {
  const text = readSecret(name, env) ?? "";
  if (text === "") throw new ConfigurationError([`${name}: is not set`]);
  const keys = parseKeyring(text);
  if (!keys)
    throw new ConfigurationError([
      `${name}: must be keys as id:secret,id:secret, the newest first, of 32 characters or more`,
    ]);
  return keys;
}
