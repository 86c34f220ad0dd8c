import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

// The formats of tokens, API keys and tickets, and what is stored of them. Each begins with a prefix, so that one in a file or a log can be recognized.

const secretBytes = 32;
const sessionPattern = /^nvs_[A-Za-z0-9_-]{43}$/;
const ticketPattern = /^nvt_([0-9a-f]{32})_[A-Za-z0-9_-]{43}$/;
const keyPattern = /^nvk_([a-z]{1,12})_([0-9a-f]{32})_([0-9a-f]{64})_([0-9a-f]{8})$/;

/** 256 random bits. */
export const newSessionToken = (): string => `nvs_${randomBytes(secretBytes).toString("base64url")}`;

export const isSessionToken = (text: string): boolean => sessionPattern.test(text);

/**
 * Returns `nvt_<tenant>_<256 random bits>`; the tenant is used to find it.
 * @param tenantId the home tenant of the user that requests it
 */
export const newConnectionTicket = (tenantId: string): string =>
  `nvt_${tenantId.replaceAll("-", "")}_${randomBytes(secretBytes).toString("base64url")}`;

/** Returns the id of the tenant in a text with the format of a ticket, or undefined. */
export const tenantOfTicket = (text: string): string | undefined => uuidOf(ticketPattern.exec(text)?.[1]);

/** A token or ticket has so many bits that it cannot be found from its plain hash. */
export const tokenHash = (token: string): string => createHash("sha256").update(token).digest("hex");

/**
 * Returns `nvk_<environment>_<id>_<secret>_<checksum>`. The checksum (CRC-32) distinguishes a mistyped or truncated key from a wrong one without a call.
 * @param environment `dev` or `prod`: a key of the one is not valid in the other
 */
export function newApiKey(environment: string, id: string): string {
  const body = `nvk_${environment}_${id.replaceAll("-", "")}_${randomBytes(secretBytes).toString("hex")}`;
  return `${body}_${checksum(body)}`;
}

/** Returns the id in a key whose checksum is correct, or undefined. */
export function apiKeyId(environment: string, text: string): string | undefined {
  const parts = keyPattern.exec(text);
  if (!parts || parts[1] !== environment || parts[4] !== checksum(text.slice(0, -9))) return undefined;
  return uuidOf(parts[2]);
}

/** Returns the stored hash of a key. Access to the database alone allows neither the use nor a test of a key: the pepper is not in it. */
export const apiKeyHash = (pepper: string, key: string): string =>
  createHmac("sha256", pepper).update(key).digest("hex");

/** Compares two hashes in constant time. */
export function sameHash(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const uuidOf = (digits: string | undefined): string | undefined =>
  digits?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, "0");
