import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Key, Keyring } from "./keyring.ts";
import type { RequestContext } from "./request-context.ts";

export const contextHeader = "x-novacron-context";
export const signatureHeader = "x-novacron-signature";

/** How long a signature holds: what a call needs to arrive, whatever the client's deadline is. */
const lifetimeMs = 10_000;
/** Services that disagree about the time by more than this refuse each other. */
const clockToleranceMs = 5_000;
/** Of an encoded context; Node takes 16 KiB of headers together. */
const maxContextLength = 12_288;

/** Who signs: the gateway, or a service that calls another. */
export type Issuer = "gateway" | `service:${string}`;

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
});

const claimsShape = z.object({
  issuer: z.string().regex(/^(gateway|service:[a-z-]{1,32})$/),
  audience: z.string(),
  issuedAt: z.number(),
  context: contextShape,
});

export interface Call {
  issuer: Issuer;
  /** The name of the subgraph that is called. */
  audience: string;
  context: RequestContext;
  /** Exactly as it is sent. */
  body: string;
}

/** Why a call is not believed: for the log, never for the caller. */
export type Refusal =
  | "unsigned"
  | "malformed"
  | "unknown key"
  | "wrong signature"
  | "another audience"
  | "expired"
  | "from the future";

/**
 * The headers that let a subgraph trust a call over HTTP: `x-novacron-context`, who asks of whom and when, as base64url of JSON, and
 * `x-novacron-signature`, `<key id>.<HMAC-SHA256 as base64url>`. The signature covers the key's id, those claims and the exact body, so that
 * a captured call can be neither changed nor sent elsewhere, and only for seconds sent again. The first key of the ring signs.
 *
 * An HMAC and not a JWS: both sides are ours and hold the same keys, so there is no algorithm to agree on and none to be talked down from;
 * the body would be a claim of its own either way; and it costs microseconds of a path that every call takes.
 * @throws Error for a context too large to be taken
 */
export function signContext([key]: Keyring, { issuer, audience, context, body }: Call): Record<string, string> {
  const claims = { issuer, audience, issuedAt: Date.now(), context };
  const encoded = Buffer.from(JSON.stringify(claims)).toString("base64url");
  if (encoded.length > maxContextLength) throw new Error(`The context of a call holds ${encoded.length} characters.`);
  return {
    [contextHeader]: encoded,
    [signatureHeader]: `${key.id}.${signature(key, encoded, body)}`,
  };
}

/**
 * The context of a signed call, or why there is doubt about it. Never throws, whatever the headers hold.
 * @param headers as Node has them in `headersDistinct`: one that was sent twice has two values, and is refused
 */
export function verifyContext(
  keys: Keyring,
  audience: string,
  headers: Readonly<Record<string, readonly string[] | undefined>>,
  body: string,
): { context: RequestContext } | { refused: Refusal } {
  const [encoded, ...moreContexts] = headers[contextHeader] ?? [];
  const [claimed, ...moreSignatures] = headers[signatureHeader] ?? [];
  if (!encoded || !claimed) return { refused: "unsigned" };
  // Base64url is compared as text and never decoded first: several texts decode to the same bytes.
  const parts = /^([A-Za-z0-9-]{1,32})\.([A-Za-z0-9_-]{43})$/.exec(claimed);
  const twice = moreContexts.length + moreSignatures.length > 0;
  if (!parts || twice || encoded.length > maxContextLength || !/^[A-Za-z0-9_-]+$/.test(encoded)) {
    return { refused: "malformed" };
  }
  const key = keys.find(({ id }) => id === parts[1]);
  if (!key) return { refused: "unknown key" };
  if (!timingSafeEqual(Buffer.from(parts[2] ?? ""), Buffer.from(signature(key, encoded, body)))) {
    return { refused: "wrong signature" };
  }
  const parsed = claimsShape.safeParse(jsonOf(encoded));
  if (!parsed.success) return { refused: "malformed" };
  const { issuedAt, context } = parsed.data;
  if (parsed.data.audience !== audience) return { refused: "another audience" };
  const now = Date.now();
  if (issuedAt - clockToleranceMs > now) return { refused: "from the future" };
  if (Math.min(issuedAt + lifetimeMs, context.deadline) + clockToleranceMs < now) return { refused: "expired" };
  return { context };
}

function jsonOf(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function signature({ id, secret }: Key, encoded: string, body: string): string {
  const bodyHash = createHash("sha256").update(body).digest("base64url");
  return createHmac("sha256", secret).update(`${id}\n${encoded}\n${bodyHash}`).digest("base64url");
}
