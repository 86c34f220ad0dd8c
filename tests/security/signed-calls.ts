import { createHash, createHmac } from "node:crypto";
import { request } from "undici";
import { vi } from "vitest";
import { type CallerKey, callerKeys, callSigner, secretBetween } from "#lib/trust/call-keys.ts";
import type { Key, Keyring } from "#lib/trust/keyring.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type Call, signContext } from "#lib/trust/signed-context.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";

export const keys = [
  { id: "new", secret: "the newest key of both sides" },
  { id: "old", secret: "the key that was the newest before" },
] as const;
export const trusted = callerKeys("gateway", keys, "vms");
export const fleet = fleetOf(1);
export const documents: Record<string, object> = {
  "a field": { query: "{ vms { totalCount } }" },
  _service: { query: "{ _service { sdl } }" },
  _entities: {
    query: "query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }",
    variables: { representations: [{ __typename: "Vm", id: fleet.id("vm") }] },
  },
};

export const context = (deadline = Date.now() + 10_000): RequestContext => ({
  identity: wholeTenantIdentity(fleet.tenantId, fleet.id("user")),
  requestId: "request",
  deadline,
});

export type SentHeaders = Record<string, string> | [string, string][];

/** Sends a call. It does not use fetch, which joins two headers of the same name. */
export async function callAt(body: string, headers: SentHeaders, url: string) {
  const sent = Array.isArray(headers) ? headers : Object.entries(headers);
  const response = await request(url, {
    method: "POST",
    headers: [["content-type", "application/json"], ...sent].flat(),
    body,
  });
  const text = await response.body.text();
  return { status: response.statusCode, text, answer: text.startsWith("{") ? JSON.parse(text) : undefined };
}

/** Returns the headers of a call to the vms subgraph, unless overridden. */
export const headersFor = (
  body: string,
  { issuer = "gateway", keys: ring = keys, ...other }: Partial<Call> & { keys?: Keyring; issuer?: string } = {},
) => signContext(callSigner(issuer, ring), { audience: "vms", context: context(), body, ...other });

export const contextHeader = "x-novacron-context";
export const signatureHeader = "x-novacron-signature";
export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
export const claimsOf = (headers: Record<string, string>) =>
  JSON.parse(Buffer.from(headers[contextHeader] ?? "", "base64url").toString()) as Record<string, unknown>;
export const macOf = (headers: Record<string, string>) => headers[signatureHeader]?.split(".")[1] ?? "";

/** Signs with the right key, whatever the context header contains: only a holder of the key could send this. */
export function signedAsIs(encoded: string, body: string, key: Key = keys[0]): Record<string, string> {
  return signedWith({ ...key, issuer: "gateway", secret: secretBetween(key, "gateway", "vms") }, encoded, body);
}

export function signedWith({ issuer, id, secret }: CallerKey, encoded: string, body: string): Record<string, string> {
  const bodyHash = createHash("sha256").update(body).digest("base64url");
  const mac = createHmac("sha256", secret).update(`${issuer}/${id}\n${encoded}\n${bodyHash}`).digest("base64url");
  return { [contextHeader]: encoded, [signatureHeader]: `${issuer}/${id}.${mac}` };
}

/** Signs as if at another time. */
export function signedAt(milliseconds: number, body: string, deadline: number) {
  vi.useFakeTimers({ toFake: ["Date"], now: milliseconds });
  try {
    return headersFor(body, { context: context(deadline) });
  } finally {
    vi.useRealTimers();
  }
}
