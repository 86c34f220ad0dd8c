import type { IncomingMessage, ServerResponse } from "node:http";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";

export interface OriginsOptions {
  /** Origins, such as `https://console.example`. */
  allowed: readonly string[];
  /** Whether pages that this machine serves, on any port, may use the graph as well. */
  loopback: boolean;
}

/** The usual headers of clients of GraphQL, of tracing and of event streams. A preflight may name others: only `authorization` gives rights. */
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
/** The headers of a response that a page may read in addition to the body. */
const exposedHeaders = "x-request-id, retry-after, etag, www-authenticate";

const refusedOrigin =
  "Pages of this origin may not use the graph: add the origin to ALLOWED_ORIGINS in the gateway's environment.";
/** The number of refused origins that are logged, each once. */
const mostLogged = 32;

/** Decides which sites' pages may use the graph. Programs other than browsers send neither an origin nor a site, and are not affected. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #loopback: boolean;
  readonly #logged = new Set<string>();

  constructor({ allowed, loopback }: OriginsOptions) {
    this.#allowed = new Set(allowed);
    this.#loopback = loopback;
  }

  /** Sets the headers with which a browser lets a page of that origin read the response. */
  setHeaders({ headers }: IncomingMessage, response: ServerResponse): void {
    if (this.#allowed.size === 0 && !this.#loopback) return;
    response.setHeader("vary", "origin");
    const { origin } = headers;
    if (origin === undefined || !this.#allows(origin)) return;
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", exposedHeaders);
  }

  /**
   * Sets the response headers of a preflight request.
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
   * Refuses requests of pages of other sites. Such a page can make a browser send a GET, though it cannot read the response: the GET is not executed
   * either.
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

  /** Logs the origin, because a browser does not show the page why it was refused. */
  #logRefused(origin: string): void {
    if (this.#logged.has(origin) || this.#logged.size >= mostLogged) return;
    this.#logged.add(origin);
    log.gateway.info({ origin }, "a page was refused: ALLOWED_ORIGINS does not name its origin");
  }
}

/** Browsers send `Sec-Fetch-Site` only over HTTPS and to their own machine; to other servers they send the page's origin, and the host. */
const isOwn = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();

/** Returns whether an origin is a loopback name (RFC 6761, 6.3) or address. The name of another host that resolves to such an address is not one. */
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
