import type { ServerResponse } from "node:http";
import type { MediaType } from "./media-type.ts";

/** Sends a complete response, unless something was already sent. */
export function send(response: ServerResponse, status: number, type: MediaType, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(body),
    ...(response.hasHeader("cache-control") ? {} : { "cache-control": "no-store" }),
  });
  response.end(body);
}
