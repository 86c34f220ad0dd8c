import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { RequestContext } from "./request-context.ts";

const contextHeader = "x-novacron-context";
const signatureHeader = "x-novacron-signature";

/** Services that disagree about the time by more than this refuse each other. */
const clockToleranceMs = 5_000;

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

/**
 * The headers that let a subgraph trust a call over HTTP. The signature covers the subgraph's name, the context and the exact body, and
 * holds until the deadline in the context: a captured call can be neither changed, nor sent elsewhere, nor sent later.
 */
export function signContext(
  key: string,
  subgraph: string,
  context: RequestContext,
  body: string,
): Record<string, string> {
  const encoded = Buffer.from(JSON.stringify(context)).toString("base64url");
  return {
    [contextHeader]: encoded,
    [signatureHeader]: signature(key, subgraph, encoded, body).toString("base64url"),
  };
}

/** The context of a signed call, or undefined when there is any doubt about it. */
export function verifyContext(
  key: string,
  subgraph: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): RequestContext | undefined {
  const encoded = headers[contextHeader];
  const claimed = headers[signatureHeader];
  if (typeof encoded !== "string" || typeof claimed !== "string") return undefined;
  const expected = signature(key, subgraph, encoded, body);
  const given = Buffer.from(claimed, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const context = contextShape.safeParse(JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")));
  if (!context.success || context.data.deadline + clockToleranceMs < Date.now()) return undefined;
  return context.data;
}

function signature(key: string, subgraph: string, encoded: string, body: string): Buffer {
  const bodyHash = createHash("sha256").update(body).digest("base64url");
  return createHmac("sha256", key).update(`${subgraph}\n${encoded}\n${bodyHash}`).digest();
}
