import type { IncomingMessage, ServerResponse } from "node:http";
import { PublicError } from "#lib/errors.ts";

/** Pages of which sites may ask. Programs that are no browser say neither their origin nor their site, and are not concerned. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** Tells a browser whether a page of that origin may read the answer. */
  tell({ headers }: IncomingMessage, response: ServerResponse): void {
    if (this.#allowed.size === 0) return;
    response.setHeader("vary", "origin");
    const { origin } = headers;
    if (origin === undefined || !this.#allowed.has(origin)) return;
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-methods", "GET, POST");
    response.setHeader("access-control-allow-headers", "authorization, content-type, accept, traceparent");
    response.setHeader("access-control-max-age", 600);
  }

  /**
   * A page of another site can make a browser send a GET, though not read what it answers: it is not executed either.
   * @throws PublicError FORBIDDEN
   */
  refuse({ headers }: IncomingMessage): void {
    const { origin } = headers;
    const site = headers["sec-fetch-site"];
    const isForeign =
      site === "cross-site" ||
      site === "same-site" ||
      (site === undefined && origin !== undefined && !isOwn(origin, headers.host));
    if (isForeign && (origin === undefined || !this.#allowed.has(origin)))
      throw new PublicError("FORBIDDEN", "Pages of this site may not ask here.");
  }
}

/** Browsers tell the site to HTTPS and to their own machine alone; to others they say where the page is from, and whom they ask. */
const isOwn = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
