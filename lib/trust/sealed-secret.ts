import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Key, Keyring } from "./keyring.ts";

/** The location of a stored secret. The secret can be opened only there: in another row, column or tenant it is invalid. */
export interface SecretPlace {
  tenantId: string;
  table: string;
  /** The row's id. */
  row: string;
  column: string;
}

/**
 * `SECRET_KEY_UNKNOWN`: the keyring has no key with the id that the secret was sealed with.
 * `SECRET_INVALID`: it is not a sealed secret, was changed, was moved from another place, or was sealed with another key of the same id.
 */
export class SecretError extends Error {
  readonly code: "SECRET_KEY_UNKNOWN" | "SECRET_INVALID";
  constructor(code: SecretError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SecretError";
    this.code = code;
  }
}

const format = "nvs1";
const nonceBytes = 12;
const tagBytes = 16;
const dataKeyBytes = 32;

/**
 * Seals a value with envelope encryption by AES-256-GCM: a random key for each value, itself encrypted with the first key of the keyring. Rotation
 * therefore changes the envelope and never decrypts the value, and the nonces of a long-lived key are not at risk of repetition before 2^32 envelopes.
 *
 * The text is `nvs1.<key id>.<encrypted key>.<encrypted value>`, the last two in base64url, each a nonce of 12 bytes, the ciphertext and a tag of 16. For a
 * value of n bytes it has at most 159 + 4n/3 characters: 69 bytes fit into a varchar(255).
 */
export function seal(keyring: Keyring, place: SecretPlace, value: string): string {
  const dataKey = randomBytes(dataKeyBytes);
  const [key] = keyring;
  return [
    format,
    key.id,
    wrap(key, place, dataKey),
    encrypt(dataKey, boundTo("value", place), Buffer.from(value)),
  ].join(".");
}

/**
 * Returns the value that `seal` sealed for this place.
 * @throws SecretError
 */
export function open(keyring: Keyring, place: SecretPlace, sealed: string): string {
  const { key, wrapped, encrypted } = parse(keyring, sealed);
  return decrypt(unwrap(key, place, wrapped), boundTo("value", place), encrypted).toString("utf8");
}

/**
 * Returns the same secret sealed with the first key of the keyring; the same text when it already is.
 * @throws SecretError
 */
export function reseal(keyring: Keyring, place: SecretPlace, sealed: string): string {
  const { key, wrapped, encrypted } = parse(keyring, sealed);
  const [newest] = keyring;
  if (key.id === newest.id) return sealed;
  return [format, newest.id, wrap(newest, place, unwrap(key, place, wrapped)), encrypted].join(".");
}

/** Returns the prefix of every secret that is sealed with the key of this id. */
export const sealedUnder = (keyId: string): string => `${format}.${keyId}.`;

function parse(keyring: Keyring, sealed: string): { key: Key; wrapped: string; encrypted: string } {
  const [version, keyId, wrapped, encrypted, ...rest] = sealed.split(".");
  if (version !== format || !keyId || !wrapped || !encrypted || rest.length > 0)
    throw new SecretError("SECRET_INVALID", "This is not a sealed secret.");
  const key = keyring.find(({ id }) => id === keyId);
  if (!key) throw new SecretError("SECRET_KEY_UNKNOWN", `The encryption key ${keyId} is not in the keyring.`);
  return { key, wrapped, encrypted };
}

const wrap = (key: Key, place: SecretPlace, dataKey: Buffer): string =>
  encrypt(wrappingKey(key), boundTo("key", place), dataKey);

const unwrap = (key: Key, place: SecretPlace, wrapped: string): Buffer =>
  decrypt(wrappingKey(key), boundTo("key", place), wrapped);

/** Derives the key: a keyring's secret is a text of any length, and it may serve other purposes, with other names. */
const wrappingKey = ({ secret }: Key): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "", "novacron sealed secret", dataKeyBytes));

/** Returns the associated data as JSON, so that no two places have the same bytes. */
const boundTo = (part: "key" | "value", { tenantId, table, row, column }: SecretPlace): Buffer =>
  Buffer.from(JSON.stringify([format, part, tenantId, table, row, column]));

function encrypt(key: Buffer, associated: Buffer, plain: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(associated);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

function decrypt(key: Buffer, associated: Buffer, text: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(associated)
      .setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    throw new SecretError("SECRET_INVALID", "The secret was changed, moved, or sealed under another key.");
  }
}
