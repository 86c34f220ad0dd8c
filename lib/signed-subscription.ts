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
import type { SubscriptionRequest } from "./subscription.ts";

/** What a subscription carries in its `extensions`: a connection has no tenant, so each is signed by itself. */
export interface SignedExtensions {
  after?: string | undefined;
  context: string;
  signature: string;
}

/**
 * What lets a subgraph trust a subscription: the same claims and the same signature as those of a call over HTTP, over what is asked.
 * @throws Error for a context too large to be taken
 */
export function signSubscription(
  signer: CallSigner,
  call: Omit<Call, "body">,
  request: SubscriptionRequest,
): SignedExtensions {
  const signed = signContext(signer, { ...call, body: signedText(request) });
  return { after: request.after, context: signed[contextHeader] ?? "", signature: signed[signatureHeader] ?? "" };
}

/** The context of a signed subscription, or why there is doubt about it. Never throws, whatever the extensions hold. */
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
 * JSON that was parsed is written again as it was, because JSON wrote it. It is an array, as no body of a call is: a call cannot be sent as a
 * subscription, nor a subscription as a call.
 */
const signedText = ({ query, variables, after }: SubscriptionRequest): string =>
  JSON.stringify([query, variables ?? null, after ?? null]);

const valuesOf = (value: unknown): readonly string[] => (typeof value === "string" ? [value] : []);
