import type { Shown as PayloadCredential } from "./credentials.ts";

type Payload = Readonly<Record<string, unknown>>;

/** The members in which clients send a credential, in lower case. */
const members = new Set(["ticket", "authorization", "headers", "authtoken"]);

/**
 * Returns the credential in a payload of `connection_init` or `ping`: `ticket`; `authorization`, as a member or in `headers`, as GraphiQL and Apollo's
 * clients send their headers; or `authToken`, the bare token of Apollo's documentation. Names are case-insensitive.
 * @returns undefined without any; a credential that is not a string is returned as an invalid one
 */
export function credentialIn(payload: Payload): PayloadCredential | undefined {
  const ticket = member(payload, "ticket");
  if (ticket !== undefined) return { ticket: textOf(ticket) };
  const headers = member(payload, "headers");
  const authorization =
    member(payload, "authorization") ?? (isObject(headers) ? member(headers, "authorization") : undefined);
  if (authorization !== undefined) return { authorization: textOf(authorization) };
  const token = member(payload, "authtoken");
  return token === undefined ? undefined : { authorization: bearer(textOf(token)) };
}

/**
 * Returns a payload without credentials, so that it can be sent back.
 * @returns undefined when nothing else is in it
 */
export function withoutCredential(payload: Payload): Payload | undefined {
  if (credentialIn(payload) === undefined) return payload;
  const rest = Object.entries(payload).filter(([name]) => !members.has(name.toLowerCase()));
  return rest.length > 0 ? Object.fromEntries(rest) : undefined;
}

function member(payload: Payload, name: string): unknown {
  const found = Object.keys(payload).find((key) => key.toLowerCase() === name);
  return found === undefined ? undefined : (payload[found] ?? undefined);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const bearer = (token: string): string => (/^bearer /i.test(token) ? token : `Bearer ${token}`);

const isObject = (value: unknown): value is Payload =>
  typeof value === "object" && value !== null && !Array.isArray(value);
