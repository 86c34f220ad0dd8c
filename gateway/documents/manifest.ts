import { createHash } from "node:crypto";
import { z } from "zod";

/** A document that is known before a client sends it. */
export interface KnownDocument {
  /** SHA-256 of its text, in hexadecimal. */
  id: string;
  /** The name of its operation; it distinguishes documents in metrics and logs. */
  name: string | undefined;
  text: string;
}

const operationsShape = z.object({
  format: z.literal("apollo-persisted-query-manifest"),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string(), body: z.string(), name: z.string().optional() })),
});
const mapShape = z.record(z.string(), z.string());

/**
 * Reads a manifest: that of `@apollo/generate-persisted-query-manifest`, or a map of hashes to texts. An id is the SHA-256 of its text, with or without the
 * prefix `sha256:`.
 * @throws Error that names everything that is wrong
 */
export function readManifest(json: string): KnownDocument[] {
  const value: unknown = JSON.parse(json);
  const operations = operationsShape.safeParse(value);
  const given = operations.success
    ? operations.data.operations.map(({ id, body, name }) => ({ id, text: body, name }))
    : Object.entries(mapShape.parse(value)).map(([id, text]) => ({ id, text, name: nameIn(text) }));
  const documents = given.map(({ id, ...document }) => ({ ...document, id: documentId(id) ?? id }));
  const wrong = documents.filter(({ id, text }) => id !== hashOf(text));
  if (wrong.length > 0)
    throw new Error(`These ids are not the SHA-256 of their documents: ${wrong.map(({ id }) => id).join(", ")}.`);
  return documents;
}

export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Returns the hexadecimal digits of an id; undefined when it is not an id. */
export const documentId = (given: string): string | undefined =>
  /^(?:sha256:)?([0-9a-f]{64})$/i.exec(given)?.[1]?.toLowerCase();

const nameIn = (text: string): string | undefined =>
  /\b(?:query|mutation|subscription)\s+([_A-Za-z]\w*)/.exec(text)?.[1];
