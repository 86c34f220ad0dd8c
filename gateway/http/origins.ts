import type { IncomingMessage, ServerResponse } from "node:http";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/log.ts";

export interface OriginsOptions {
  /** Origins, such as `https://console.example`. */
  allowed: readonly string[];
  /** Whether pages that this machine serves may use the graph as well, from whatever port. */
  loopback: boolean;
}

/** What clients of GraphQL, of tracing and of event streams send of themselves. A preflight may name others: no header but `authorization` gives rights. */
const usualHeaders = [
  "accept",
  "apollographql-client-name",
  "apollographql-client-version",
  "apollo-require-preflight",
  "authorization",
  "baggage",
  "cache-control",
  "content-type",
  "graphql-client-name",
  "graphql-client-version",
  "if-none-match",
  "last-event-id",
  "traceparent",
  "tracestate",
  "x-request-id",
  "x-requested-with",
];
/** What a page may read of an answer beside its body. */
const exposedHeaders = "x-request-id, retry-after, etag, www-authenticate";

const refusedOrigin =
  "Pages of this origin may not use the graph: ALLOWED_ORIGINS, in the gateway's environment, names the origins whose pages may.";
/** Of how many refused origins the log has a line each. */
const mostLogged = 32;

/** Which sites' pages may use the graph. Programs that are no browser send neither an origin nor a site, and are not concerned. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #loopback: boolean;
  readonly #logged = new Set<string>();

  constructor({ allowed, loopback }: OriginsOptions) {
    this.#allowed = new Set(allowed);
    this.#loopback = loopback;
  }

  /** Sets the headers by which a browser lets a page of that origin read the answer. */
  setHeaders({ headers }: IncomingMessage, response: ServerResponse): void {
    if (this.#allowed.size === 0 && !this.#loopback) return;
    response.setHeader("vary", "origin");
    const { origin } = headers;
    if (origin === undefined || !this.#allows(origin)) return;
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", exposedHeaders);
  }

  /**
   * Sets what a browser's question before its request is answered with.
   * @throws PublicError FORBIDDEN
   */
  preflight(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers["access-control-request-method"] === undefined) return;
    this.refuse(request);
    response.setHeader("access-control-allow-methods", "GET, POST");
    response.setHeader("access-control-allow-headers", headersFor(request));
    response.setHeader("access-control-max-age", 600);
    response.setHeader("vary", "origin, access-control-request-headers");
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
    if (!isForeign || (origin !== undefined && this.#allows(origin))) return;
    if (origin !== undefined) this.#logRefused(origin);
    throw new PublicError("FORBIDDEN", refusedOrigin);
  }

  #allows(origin: string): boolean {
    return this.#allowed.has(origin) || (this.#loopback && isLoopback(origin));
  }

  /** A browser does not show its page why it was refused. */
  #logRefused(origin: string): void {
    if (this.#logged.has(origin) || this.#logged.size >= mostLogged) return;
    this.#logged.add(origin);
    log.gateway.info({ origin }, "a page was refused: ALLOWED_ORIGINS does not name its origin");
  }
}

/** Browsers send the site to HTTPS and to their own machine alone; to others they send where the page is from, and the host. */
const isOwn = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();

/** Names of loopback (RFC 6761, 6.3) and its addresses. The name of another host that resolves to them is none. */
function isLoopback(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname, origin: canonical } = new URL(origin);
  if (canonical !== origin || (protocol !== "http:" && protocol !== "https:")) return false;
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d+){3}$/.test(hostname)
  );
}

const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

function headersFor({ headers }: IncomingMessage): string {
  const requested = (headers["access-control-request-headers"] ?? "").toLowerCase().split(",");
  const names = requested.map((name) => name.trim()).filter((name) => headerName.test(name));
  return [...new Set([...usualHeaders, ...names])].join(", ");
}
