import { createHash, createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type CallerKey, type CallSigner, type Issuer, issuerPattern, secretBetween } from "./call-keys.ts";
import type { Key } from "./keyring.ts";
import type { RequestContext } from "./request-context.ts";

export const contextHeader = "x-novacron-context";
export const signatureHeader = "x-novacron-signature";

/** The lifetime of a signature: the time that a call needs to arrive, whatever the client's deadline is. */
const lifetimeMs = 10_000;
/** Services whose clocks differ by more than this refuse each other. */
const clockToleranceMs = 5_000;
/** The longest time after its signature for which some process with a clock within the tolerance may accept a call. */
export const longestBeliefMs = lifetimeMs + 2 * clockToleranceMs;
/** The size of an encoded context; Node accepts 16 KiB of headers in total. */
const maxContextLength = 12_288;

const contextShape = z.object({
  identity: z.object({
    kind: z.enum(["user", "service", "anonymous"]),
    id: z.string(),
    tenantId: z.uuid(),
    permissions: z.array(z.string()),
    name: z.string().optional(),
    credential: z.object({ kind: z.enum(["session", "api_key"]), id: z.string() }).optional(),
    userTenantId: z.uuid().optional(),
  }),
  requestId: z.string().max(128),
  deadline: z.number(),
  client: z.object({ ipAddress: z.string().optional(), userAgent: z.string().max(512).optional() }).optional(),
  onBehalfOf: z
    .string()
    .regex(/^[a-z]+:[A-Za-z0-9_.-]{1,64}$/)
    .optional(),
  operationId: z.uuid().optional(),
});

const claimsShape = z.object({
  audience: z.string(),
  issuedAt: z.number(),
  /** Unique to this call. */
  nonce: z.uuid(),
  context: contextShape,
});

export interface Call {
  /** The name of the subgraph that is called. */
  audience: string;
  context: RequestContext;
  /** Exactly as it is sent. */
  body: string;
}

/** A verified call. */
export interface Believed {
  issuer: Issuer;
  /** Unique to the call. A process that executes writes records it, so that a replayed call is refused. */
  nonce: string;
  context: RequestContext;
}

/** Why a call is not accepted: for the log, never for the caller. */
export type Refusal =
  | "unsigned"
  | "malformed"
  | "unknown key"
  | "wrong signature"
  | "another audience"
  | "another's identity"
  | "expired"
  | "from the future";

/**
 * Returns the headers with which a subgraph verifies a call over HTTP: `x-novacron-context`, the caller, the audience and the time, as base64url of JSON,
 * and `x-novacron-signature`, `<issuer>/<key id>.<HMAC-SHA256 as base64url>`. The signature covers the key's name, those claims and the exact body. A
 * captured call can therefore be neither changed nor sent to another service, and replayed only for seconds. The first key of the signer's ring signs.
 *
 * Each pair of issuer and subgraph has its own secret, so a compromised subgraph cannot call another one as the gateway. Why an HMAC and not a public key:
 * docs/decisions/keys-between-processes.md.
 * @throws Error for a context that is too large
 */
export function signContext({ issuer, keys }: CallSigner, { audience, context, body }: Call): Record<string, string> {
  const [key] = keys.current();
  const claims = { audience, issuedAt: Date.now(), nonce: randomUUID(), context };
  const encoded = Buffer.from(JSON.stringify(claims)).toString("base64url");
  if (encoded.length > maxContextLength) throw new Error(`The context of a call holds ${encoded.length} characters.`);
  const between = { issuer, id: key.id, secret: derivedSecret(key, issuer, audience) };
  return { [contextHeader]: encoded, [signatureHeader]: `${issuer}/${key.id}.${signature(between, encoded, body)}` };
}

/**
 * Returns a verified call, or the reason for its refusal. Never throws, whatever the headers contain.
 * @param headers as in Node's `headersDistinct`: a header that was sent twice has two values, and is refused
 */
export function verifyContext(
  keys: readonly CallerKey[],
  audience: string,
  headers: Readonly<Record<string, readonly string[] | undefined>>,
  body: string,
): Believed | { refused: Refusal } {
  const [encoded, ...moreContexts] = headers[contextHeader] ?? [];
  const [claimed, ...moreSignatures] = headers[signatureHeader] ?? [];
  if (!encoded || !claimed) return { refused: "unsigned" };
  // Base64url is compared as text and never decoded first: several texts decode to the same bytes.
  const parts = signaturePattern.exec(claimed);
  const twice = moreContexts.length + moreSignatures.length > 0;
  if (!parts || twice || encoded.length > maxContextLength || !/^[A-Za-z0-9_-]+$/.test(encoded)) {
    return { refused: "malformed" };
  }
  const [, issuer = "", keyId = "", mac = ""] = parts;
  const key = keys.find((each) => each.issuer === issuer && each.id === keyId);
  if (!key) return { refused: "unknown key" };
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(signature(key, encoded, body)))) {
    return { refused: "wrong signature" };
  }
  const parsed = claimsShape.safeParse(jsonOf(encoded));
  if (!parsed.success) return { refused: "malformed" };
  const { issuedAt, nonce, context } = parsed.data;
  if (parsed.data.audience !== audience) return { refused: "another audience" };
  if (!maySpeakAs(issuer, context)) return { refused: "another's identity" };
  const now = Date.now();
  if (issuedAt - clockToleranceMs > now) return { refused: "from the future" };
  if (Math.min(issuedAt + lifetimeMs, context.deadline) + clockToleranceMs < now) return { refused: "expired" };
  return { issuer, nonce, context };
}

const signaturePattern = new RegExp(`^(${issuerPattern})/([A-Za-z0-9-]{1,32})\\.([A-Za-z0-9_-]{43})$`);

/**
 * The gateway identifies its clients. Every issuer, the gateway too, may act as itself: as the service of its name, without permissions, because fields name
 * the services that may request them. Only such a service states for which actor and operation it works.
 */
function maySpeakAs(
  issuer: Issuer,
  { identity: { kind, id, permissions }, onBehalfOf, operationId }: RequestContext,
): boolean {
  if (kind === "service") return id === issuer && permissions.length === 0;
  return issuer === "gateway" && onBehalfOf === undefined && operationId === undefined;
}

function jsonOf(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function signature({ issuer, id, secret }: CallerKey, encoded: string, body: string): string {
  const bodyHash = createHash("sha256").update(body).digest("base64url");
  return createHmac("sha256", secret).update(`${issuer}/${id}\n${encoded}\n${bodyHash}`).digest("base64url");
}

/** Derived once; garbage-collected with its key. */
const derived = new WeakMap<Key, Map<string, string>>();

function derivedSecret(key: Key, issuer: Issuer, audience: string): string {
  const pair = `${issuer} ${audience}`;
  const secrets = derived.get(key) ?? new Map<string, string>();
  const secret = secrets.get(pair) ?? secretBetween(key, issuer, audience);
  derived.set(key, secrets.set(pair, secret));
  return secret;
}
