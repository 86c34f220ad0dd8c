import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Tags a response with its content, for its caller alone, and returns whether the caller has it already. */
export function isUnchanged({ headers }: IncomingMessage, response: ServerResponse, body: string): boolean {
  const tag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  response.setHeader("etag", tag);
  response.setHeader("cache-control", "private, no-cache");
  response.setHeader("vary", "accept, authorization, origin");
  return headers["if-none-match"]?.split(",").some((known) => known.trim().replace(/^W\//, "") === tag) ?? false;
}
