import { createHmac } from "node:crypto";
import { fleetOf } from "#tests/graph/rows.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import {
  claimsOf,
  context,
  contextHeader,
  encode,
  fleet,
  headersFor,
  keys,
  macOf,
  type SentHeaders,
  signatureHeader,
  signedAsIs,
  signedAt,
} from "./signed-calls.ts";

/** The headers of calls that no subgraph may answer, by what is wrong with them. */
export const forged: Record<string, (body: string) => SentHeaders> = {
  "is not signed": () => ({}),
  "is signed with another key of the same name": (body) =>
    headersFor(body, { keys: [{ id: "new", secret: "a key that no party of this test holds" }] }),
  "is signed with a key that was removed": (body) =>
    headersFor(body, { keys: [{ id: "retired", secret: keys[0].secret }] }),
  "names another key than the one that signed it": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `gateway/old.${macOf(headers)}` };
  },
  "carries another key's signature of the same call": (body) => {
    const headers = headersFor(body);
    const other = signedAsIs(headers[contextHeader] ?? "", body, keys[1]);
    return { ...headers, [signatureHeader]: `gateway/new.${macOf(other)}` };
  },
  "names its key by a path": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `gateway/../../new.${macOf(headers)}` };
  },
  "is signed for another subgraph": (body) => headersFor(body, { audience: "auth" }),
  "is signed by an unknown issuer": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: headers[signatureHeader]?.replace("gateway/", "client/") ?? "" };
  },
  "is signed over another body": (body) => headersFor(`${body} `),
  "is past its deadline": (body) => headersFor(body, { context: context(Date.now() - 6_000) }),
  "was signed a minute ago, whatever its deadline": (body) =>
    signedAt(Date.now() - 60_000, body, Date.now() + 3_600_000),
  "will be signed in a minute": (body) => signedAt(Date.now() + 60_000, body, Date.now() + 3_600_000),
  "has no signature": (body) => ({ ...headersFor(body), [signatureHeader]: "" }),
  "has half a signature": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: headers[signatureHeader]?.slice(0, 20) ?? "" };
  },
  "has a character appended to its signature": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `${headers[signatureHeader]}=` };
  },
  "has another base64url encoding of its signature": (body) => {
    const headers = headersFor(body);
    const mac = macOf(headers);
    const alike = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      .split("")
      .map((last) => mac.slice(0, -1) + last)
      .find((text) => text !== mac && Buffer.from(text, "base64url").equals(Buffer.from(mac, "base64url")));
    return { ...headers, [signatureHeader]: `gateway/new.${alike ?? "none"}` };
  },
  "has a signature without its key's name": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: macOf(headers) };
  },
  'has the signature "none"': (body) => ({ ...headersFor(body), [signatureHeader]: "none" }),
  'has the key and the signature "none"': (body) => ({ ...headersFor(body), [signatureHeader]: "none." }),
  "is a JWS with alg: none": (body) => ({
    [contextHeader]: `${encode({ alg: "none", typ: "JWT" })}.${encode(claimsOf(headersFor(body)))}.`,
    [signatureHeader]: "new.",
  }),
  "is a JWS with the signature of a JWS": (body) => {
    const signedPart = `${encode({ alg: "HS256", kid: "new" })}.${encode(claimsOf(headersFor(body)))}`;
    const mac = createHmac("sha256", keys[0].secret).update(signedPart).digest("base64url");
    return { [contextHeader]: `${signedPart}.${mac}`, authorization: `Bearer ${signedPart}.${mac}` };
  },
  "has another tenant in its context": (body) => {
    const headers = headersFor(body);
    const claims = claimsOf(headers);
    const other = { ...context(), identity: wholeTenantIdentity(fleetOf(2).tenantId, fleet.id("user")) };
    return { ...headers, [contextHeader]: encode({ ...claims, context: other }) };
  },
  "has its context twice": (body) => {
    const headers = headersFor(body);
    return [...Object.entries(headers), [contextHeader, headers[contextHeader] ?? ""]];
  },
  "has its signature twice": (body) => {
    const headers = headersFor(body);
    return [...Object.entries(headers), [signatureHeader, headers[signatureHeader] ?? ""]];
  },
  "has a second context after its context": (body) => {
    const headers = headersFor(body);
    return [...Object.entries(headers), [contextHeader, encode({ identity: "root" })]];
  },
  "has a context of 13,000 characters": (body) => signedAsIs("A".repeat(13_000), body),
  "has a signature of 13,000 characters": (body) => ({
    ...headersFor(body),
    [signatureHeader]: `gateway/new.${"A".repeat(13_000)}`,
  }),
  "has a context that is not base64url": (body) => signedAsIs("{}", body),
  "has a context that contains a space": (body) => {
    const [encoded = ""] = Object.values(headersFor(body));
    return signedAsIs(`${encoded.slice(0, 10)} ${encoded.slice(10)}`, body);
  },
  "has a context that is not JSON": (body) => signedAsIs(Buffer.from("no JSON").toString("base64url"), body),
  "has a context that is not an object": (body) => signedAsIs(encode(null), body),
  "has a context nested ten thousand deep": (body) =>
    signedAsIs(Buffer.from("[".repeat(9_000)).toString("base64url"), body),
  "has a context without an identity": (body) =>
    signedAsIs(encode({ ...claimsOf(headersFor(body)), context: {} }), body),
  "has an identity of an unknown kind": (body) => {
    const identity = { ...context().identity, kind: "root" };
    return signedAsIs(encode({ ...claimsOf(headersFor(body)), context: { ...context(), identity } }), body);
  },
  "has a context without claims, as before issuers existed": (body) => signedAsIs(encode(context()), body),
  "carries an identity in other headers": () => ({
    "x-user-id": fleet.id("user"),
    "x-tenant-id": fleet.tenantId,
    "x-nova-actor": "admin",
    authorization: "Bearer x",
  }),
  "is signed for an invalid tenant": (body) =>
    headersFor(body, { context: { ...context(), identity: { ...context().identity, tenantId: "*" } } }),
};
