import { callerKinds, type DocumentMode, type DocumentModes, documentModes, openToAll } from "./documents.ts";

/**
 * Reads `open`, or `session=open,api_key=ids`: kinds of callers that are not named may send any document.
 * @returns undefined for a text of neither form
 */
export function parseDocumentModes(text: string): DocumentModes | undefined {
  if (isMode(text)) return { session: text, api_key: text, anonymous: text };
  const given: Record<string, DocumentMode> = {};
  for (const part of text.split(",")) {
    const [kind = "", mode = "", ...more] = part.split("=").map((word) => word.trim());
    if (!isKind(kind) || !isMode(mode) || more.length > 0 || kind in given) return undefined;
    given[kind] = mode;
  }
  return { ...openToAll, ...given };
}

const isMode = (text: string): text is DocumentMode => (documentModes as readonly string[]).includes(text);
const isKind = (text: string): boolean => (callerKinds as readonly string[]).includes(text);
