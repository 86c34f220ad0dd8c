import type { IncomingMessage } from "node:http";

/**
 * Returns the URL of a request; its host has no meaning.
 * @returns undefined for an invalid target, such as the `*` of `OPTIONS *`
 */
export function requestUrl({ url = "/" }: IncomingMessage): URL | undefined {
  // It is not resolved against a base: in `//host/path`, the host would be parsed as the URL's host.
  const text = url.startsWith("/") ? `http://gateway${url}` : url;
  return URL.canParse(text) ? new URL(text) : undefined;
}
