import { createHash } from "node:crypto";
import { PublicError } from "#lib/errors.ts";

/** How far each subgraph's log was read, by the subgraph's name: what each calls its position is its own. */
export type Positions = Readonly<Record<string, string>>;

const format = 1;
const longest = 4_096;

/** Whose a cursor is: of another tenant it could only be a mistake, since nobody sees another's events by it. */
const markOf = (tenantId: string): string => createHash("sha256").update(tenantId).digest("base64url").slice(0, 8);

/** What a client keeps to go on from: a text without meaning to it, safe in URLs and headers. */
export const cursorText = (tenantId: string, positions: Positions): string =>
  Buffer.from(JSON.stringify([format, markOf(tenantId), positions])).toString("base64url");

/** @throws PublicError POSITION_INVALID for what is no cursor, or one of another tenant */
export function parseCursor(tenantId: string, text: unknown): Positions {
  const [version, mark, positions] = typeof text === "string" && text.length <= longest ? listIn(text) : [];
  if (version !== format || !isPositions(positions)) throw invalid("it is malformed");
  if (mark !== markOf(tenantId)) throw invalid("it is another tenant's");
  return positions;
}

function listIn(text: string): unknown[] {
  try {
    const value = JSON.parse(Buffer.from(text, "base64url").toString()) as unknown;
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

const isPositions = (value: unknown): value is Positions =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((position) => typeof position === "string");

const invalid = (reason: string): PublicError =>
  new PublicError("POSITION_INVALID", `This is no cursor of a subscription: ${reason}.`);
