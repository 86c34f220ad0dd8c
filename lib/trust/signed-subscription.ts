import type { CallerKey, CallSigner } from "./call-keys.ts";
import {
  type Believed,
  type Call,
  contextHeader,
  type Refusal,
  signatureHeader,
  signContext,
  verifyContext,
} from "./signed-context.ts";
import type { SubscriptionRequest } from "../live/subscription.ts";

/** The `extensions` of a subscription: a connection has no tenant, so each subscription is signed separately. */
export interface SignedExtensions {
  after?: string | undefined;
  context: string;
  signature: string;
}

/**
 * Returns the extensions with which a subgraph verifies a subscription: the same claims and the same signature as those of a call over HTTP, computed over
 * the request.
 * @throws Error for a context that is too large
 */
export function signSubscription(
  signer: CallSigner,
  call: Omit<Call, "body">,
  request: SubscriptionRequest,
): SignedExtensions {
  const signed = signContext(signer, { ...call, body: signedText(request) });
  return { after: request.after, context: signed[contextHeader] ?? "", signature: signed[signatureHeader] ?? "" };
}

/** Returns the context of a signed subscription, or the reason for its refusal. Never throws, whatever the extensions contain. */
export function verifySubscription(
  keys: readonly CallerKey[],
  audience: string,
  extensions: Readonly<Record<string, unknown>>,
  request: SubscriptionRequest,
): Believed | { refused: Refusal } {
  const headers = {
    [contextHeader]: valuesOf(extensions["context"]),
    [signatureHeader]: valuesOf(extensions["signature"]),
  };
  try {
    return verifyContext(keys, audience, headers, signedText(request));
  } catch {
    // Variables can be nested more deeply than they can be written.
    return { refused: "malformed" };
  }
}

/**
 * Returns the text that is signed. Parsed JSON is written again unchanged, because JSON.stringify wrote it. The text is an array, unlike the body of a
 * call: a call cannot be replayed as a subscription, nor a subscription as a call.
 */
const signedText = ({ query, variables, after }: SubscriptionRequest): string =>
  JSON.stringify([query, variables ?? null, after ?? null]);

const valuesOf = (value: unknown): readonly string[] => (typeof value === "string" ? [value] : []);
