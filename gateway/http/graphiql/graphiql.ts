import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { asset } from "#lib/assets.ts";
import { prefersPage } from "../media-type.ts";

/** The content of the page for users who open it for the first time. */
export interface Example {
  query: string;
  variables: Readonly<Record<string, unknown>>;
}

export interface GraphiQLOptions {
  /** Called for each page; without it the page begins with GraphiQL's own text. */
  example?: () => Example;
  /** The kind of credential that users paste, and where they find it. The text is in the headers editor until they do. */
  credential?: string;
}

interface File {
  type: string;
  content: Buffer;
}

/** The files that the page loads, in this order, and their locations: `scripts/build.ts` copies them into a bundle. */
export const graphiqlFiles = {
  "graphiql.css": "node_modules/graphiql/graphiql.min.css",
  "react.js": "node_modules/react/umd/react.production.min.js",
  "react-dom.js": "node_modules/react-dom/umd/react-dom.production.min.js",
  "graphiql.js": "node_modules/graphiql/graphiql.min.js",
  "start.js": "gateway/http/graphiql/start.js",
} as const;

/** Allows requests to this server only, whatever a script or a style requests. Editors write styles into the page; nothing writes scripts. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Serves GraphiQL to a browser that opens `/graphql`. Everything that the page loads is on this server, below `/graphiql/`. */
export class GraphiQL {
  readonly #options: GraphiQLOptions;
  /** By path. Read at the first request. */
  #files: ReadonlyMap<string, File> | undefined;

  constructor(options: GraphiQLOptions) {
    this.#options = options;
  }

  /** Responds to requests for the page and for its files; returns whether it did. */
  answer(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    // With parameters it is a request to the graph.
    if (url.pathname === "/graphql" && url.search === "" && prefersPage(request.headers.accept)) {
      const headers = { "cache-control": "no-store", "content-security-policy": contentSecurityPolicy, vary: "accept" };
      send(request, response, { type: "text/html", content: Buffer.from(this.#page()) }, headers);
      return true;
    }
    const file = url.pathname.startsWith("/graphiql/") ? this.#loaded().get(url.pathname) : undefined;
    if (file) send(request, response, file, { "cache-control": "public, max-age=31536000, immutable" });
    return file !== undefined;
  }

  #page(): string {
    // The paths are relative, because a proxy may serve the gateway below a path.
    const paths = [...this.#loaded().keys()].map((path) => path.slice(1));
    const styles = paths.filter((path) => path.endsWith(".css"));
    const scripts = paths.filter((path) => path.endsWith(".js"));
    const { example, credential = "a session token or an API key" } = this.#options;
    const shown = example?.();
    return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>GraphiQL</title>
    <link rel="icon" href="data:,">
    ${styles.map((path) => `<link rel="stylesheet" href="${path}">`).join("\n    ")}
    <style>body { margin: 0 } #graphiql { height: 100vh }</style>
  </head>
  <body>
    <div id="graphiql" data-credential="${escaped(credential)}"${shown ? ` data-example="${escaped(JSON.stringify(shown))}"` : ""}></div>
    ${scripts.map((path) => `<script src="${path}"></script>`).join("\n    ")}
  </body>
</html>
`;
  }

  #loaded(): ReadonlyMap<string, File> {
    return (this.#files ??= new Map(
      Object.entries(graphiqlFiles).map(([name, path]) => {
        const content = readFileSync(asset(path));
        const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
        return [`/graphiql/${hash}/${name}`, { type: name.endsWith(".css") ? "text/css" : "text/javascript", content }];
      }),
    ));
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { type, content }: File,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(200, {
    "content-type": `${type}; charset=utf-8`,
    "content-length": content.byteLength,
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : content);
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
