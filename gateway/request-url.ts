import type { IncomingMessage } from "node:http";

/** The URL of a request; its host means nothing. @returns undefined for a target that is none, such as the `*` of `OPTIONS *` */
export function requestUrl({ url = "/" }: IncomingMessage): URL | undefined {
  // Not resolved against a base: of `//host/path` the host would be taken for one.
  const text = url.startsWith("/") ? `http://gateway${url}` : url;
  return URL.canParse(text) ? new URL(text) : undefined;
}
