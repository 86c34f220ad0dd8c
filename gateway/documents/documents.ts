import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import type { GraphQLRequest } from "../requests/graphql-request.ts";
import { documentId, hashOf, type KnownDocument } from "./manifest.ts";

/**
 * Which documents may be executed. `open`: any. `audit`: any, and unknown ones are logged. `safelist`: known ones, by their text or their id. `ids`: known
 * ones by their id alone.
 */
export const documentModes = ["open", "audit", "safelist", "ids"] as const;
export type DocumentMode = (typeof documentModes)[number];

/** Who sends documents: a user with a session, a program with an API key, or an anonymous caller. */
export const callerKinds = ["session", "api_key", "anonymous"] as const;
export type CallerKind = (typeof callerKinds)[number];

export type DocumentModes = Readonly<Record<CallerKind, DocumentMode>>;

export const openToAll: DocumentModes = { session: "open", api_key: "open", anonymous: "open" };

/** The known documents, and which callers may send others. */
export class Documents {
  readonly #modes: DocumentModes;
  #byId: ReadonlyMap<string, KnownDocument> = new Map();
  #byText: ReadonlyMap<string, KnownDocument> = new Map();

  constructor(modes: DocumentModes = openToAll, known: readonly KnownDocument[] = []) {
    this.#modes = modes;
    this.replace(known);
  }

  get known(): readonly KnownDocument[] {
    return [...this.#byId.values()];
  }

  replace(known: readonly KnownDocument[]): void {
    this.#byId = new Map(known.map((document) => [document.id, document]));
    this.#byText = new Map(known.map((document) => [document.text, document]));
  }

  /** Returns the name of a known document; undefined for others. */
  nameOf(text: string): string | undefined {
    return this.#byText.get(text)?.name;
  }

  /**
   * Returns the text of the document that a request refers to.
   * @throws PublicError BAD_REQUEST, DOCUMENT_ID_INVALID, DOCUMENT_UNKNOWN, DOCUMENT_MISMATCH, DOCUMENT_NOT_ALLOWED, PERSISTED_QUERY_NOT_SUPPORTED
   */
  textOf(request: GraphQLRequest, identity: Identity): string {
    const { query } = request;
    const given = request.documentId ?? persistedHash(request);
    const mode = this.#modes[identity.credential?.kind ?? "anonymous"];
    if (given === undefined) {
      if (query === undefined) throw new PublicError("BAD_REQUEST", "A request has a `query` or a `documentId`.");
      return this.#admitted(query, mode);
    }
    const id = documentId(given);
    if (id === undefined)
      throw new PublicError("DOCUMENT_ID_INVALID", "The id of a document is its SHA-256, in hexadecimal.");
    if (query !== undefined && hashOf(query) !== id)
      throw new PublicError("DOCUMENT_MISMATCH", "The id is not that of the document in the same request.");
    const known = this.#byId.get(id);
    if (known) return known.text;
    // The id came with its text, which is not stored: a caller who may send any document may send this one.
    if (query !== undefined) return this.#admitted(query, mode);
    // After this error, a client of automatic persisted queries sends only documents. Where only ids are accepted it must not stop sending those.
    if (request.documentId === undefined && mode !== "ids")
      throw new PublicError(
        "PERSISTED_QUERY_NOT_SUPPORTED",
        "The gateway does not store documents; send the document itself.",
      );
    throw new PublicError("DOCUMENT_UNKNOWN", "No document has this id.");
  }

  #admitted(query: string, mode: DocumentMode): string {
    if (mode === "open") return query;
    if (mode === "ids")
      throw new PublicError("DOCUMENT_NOT_ALLOWED", "The gateway accepts only ids of documents: send a `documentId`.");
    if (this.#byText.has(query)) return query;
    if (mode === "safelist") throw new PublicError("DOCUMENT_NOT_ALLOWED", "The gateway does not know this document.");
    log.gateway.warn({ document: hashOf(query) }, "a document that is not known was executed");
    return query;
  }
}

function persistedHash({ extensions }: GraphQLRequest): string | undefined {
  const persisted = extensions?.["persistedQuery"];
  if (typeof persisted !== "object" || persisted === null) return undefined;
  const { sha256Hash } = persisted as { sha256Hash?: unknown };
  return typeof sha256Hash === "string" ? sha256Hash : "";
}
