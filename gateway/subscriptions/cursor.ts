import { createHash } from "node:crypto";
import { PublicError } from "#lib/errors.ts";

/** The position in each subgraph's log up to which events were received, by the subgraph's name. Each subgraph has its own format of positions. */
export type Positions = Readonly<Record<string, string>>;

const format = 1;
const longest = 4_096;

/** Returns the mark of a cursor's tenant. A cursor of another tenant can only be a mistake, since it gives no access to that tenant's events. */
const markOf = (tenantId: string): string => createHash("sha256").update(tenantId).digest("base64url").slice(0, 8);

/** Returns the cursor that a client keeps to resume from: an opaque text, safe in URLs and headers. */
export const cursorText = (tenantId: string, positions: Positions): string =>
  Buffer.from(JSON.stringify([format, markOf(tenantId), positions])).toString("base64url");

/** @throws PublicError POSITION_INVALID for a text that is not a cursor, or a cursor of another tenant */
export function parseCursor(tenantId: string, text: unknown): Positions {
  const [version, mark, positions] = typeof text === "string" && text.length <= longest ? listIn(text) : [];
  if (version !== format || !isPositions(positions)) throw invalid("it is malformed");
  if (mark !== markOf(tenantId)) throw invalid("it belongs to another tenant");
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
  new PublicError("POSITION_INVALID", `This is not a cursor of a subscription: ${reason}.`);
