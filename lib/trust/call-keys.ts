import { hkdfSync } from "node:crypto";
import { z } from "zod";
import { ConfigurationError } from "../process/configuration-error.ts";
import type { Key, Keyring } from "./keyring.ts";
import { type Current, Replaceable } from "../replaceable.ts";
import { readSecret } from "./secrets.ts";

/** The signer of calls: `gateway`, or the name of a service that calls another one. */
export type Issuer = string;

/** The keys with which an issuer signs its calls. The keys are its own: no other process has them. */
export interface CallSigner {
  issuer: Issuer;
  keys: Current<Keyring>;
}

export const callSigner = (issuer: Issuer, keys: Keyring): CallSigner & { keys: Replaceable<Keyring> } => ({
  issuer,
  keys: new Replaceable(keys),
});

/** A key with which one subgraph verifies one of its callers. It is valid for calls of this issuer to this subgraph, and no others. */
export interface CallerKey extends Key {
  issuer: Issuer;
}

/** Returns the secret for calls of one issuer to one subgraph: HKDF-SHA-256 of the issuer's own secret. It reveals nothing about the others. */
export const secretBetween = ({ secret }: Key, issuer: Issuer, audience: string): string =>
  Buffer.from(hkdfSync("sha256", secret, "", `novacron call ${issuer} ${audience}`, 32)).toString("base64url");

/** Returns the keys with which a subgraph verifies the calls of an issuer. */
export const callerKeys = (issuer: Issuer, keys: Keyring, audience: string): readonly CallerKey[] =>
  keys.map((key) => ({ issuer, id: key.id, secret: secretBetween(key, issuer, audience) }));

export const issuerPattern = "[a-z][a-z-]{0,31}";

const callerKeysShape = z
  .array(
    z.object({
      issuer: z.string().regex(new RegExp(`^${issuerPattern}$`)),
      id: z.string().regex(/^[A-Za-z0-9-]{1,32}$/),
      secret: z.string().regex(/^[^\r\n]{32,}$/),
    }),
  )
  .min(1);

/** Returns undefined when the text is not `issuer/id:secret,issuer/id:secret` with different names. */
export function parseCallerKeys(text: string): readonly CallerKey[] | undefined {
  const keys = text.split(",").map((part) => {
    const [, issuer, id, secret] = /^([^/:]*)\/([^:]*):(.*)$/s.exec(part.trim()) ?? [];
    return { issuer, id, secret };
  });
  const { data } = callerKeysShape.safeParse(keys);
  const names = new Set(data?.map(({ issuer, id }) => `${issuer}/${id}`));
  return data && names.size === data.length ? data : undefined;
}

export const callerKeysText = (keys: readonly CallerKey[]): string =>
  keys.map(({ issuer, id, secret }) => `${issuer}/${id}:${secret}`).join(",");

/** @throws ConfigurationError that names the variable, never its value */
export function readCallerKeys(name: string, env: NodeJS.ProcessEnv = process.env): readonly CallerKey[] {
  const keys = parseCallerKeys(readSecret(name, env) ?? "");
  if (!keys)
    throw new ConfigurationError([
      `${name}: must be keys as issuer/id:secret,issuer/id:secret, as \`novacron keys for\` prints`,
    ]);
  return keys;
}
