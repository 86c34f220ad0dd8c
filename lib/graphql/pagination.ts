import { InvalidArgument } from "../errors.ts";
import { isUuid } from "../uuid.ts";

/** Relay's four arguments, as a connection field receives them. */
export interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** A position in an ordered list: the text form of the order column (exact, where a Date would round) and the row's id. */
export interface Position {
  /** The list and its order, as `vms.CREATED_AT`. */
  order: string;
  value: string;
  id: string;
}

export interface PageRequest {
  size: number;
  backward: boolean;
  position: Position | undefined;
}

export interface Page<Row> {
  edges: readonly { cursor: string; node: Row }[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /** Null unless it was requested. */
  totalCount: number | null;
}

export const maxPageSize = 100;
export const defaultPageSize = 20;
const maxCursorLength = 2_048;

/**
 * Validates Relay page arguments. Cursors belong to one order of one list: a cursor of another list or another `orderBy` is refused.
 * @throws InvalidArgument naming the argument
 */
export function pageRequest(args: PageArguments, order: string): PageRequest {
  const { first, after, last, before } = args;
  if (first != null && last != null) throw new InvalidArgument("last", "cannot be combined with `first`.");
  if (last == null && before != null) throw new InvalidArgument("before", "needs `last`.");
  if (last != null && after != null) throw new InvalidArgument("after", "needs `first`.");
  const backward = last != null;
  const name = backward ? "last" : "first";
  const size = (backward ? last : first) ?? defaultPageSize;
  if (!Number.isInteger(size) || size < 0 || size > maxPageSize) {
    throw new InvalidArgument(name, `must be between 0 and ${maxPageSize}.`);
  }
  const cursor = backward ? before : after;
  const position = cursor == null ? undefined : decodeCursor(cursor, backward ? "before" : "after", order);
  return { size, backward, position };
}

export function encodeCursor({ order, value, id }: Position): string {
  return Buffer.from(JSON.stringify([order, value, id])).toString("base64url");
}

function decodeCursor(cursor: string, argument: string, order: string): Position {
  const invalid = () => new InvalidArgument(argument, "is not a cursor of this list in this order.");
  if (cursor.length > maxCursorLength) throw invalid();
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    throw invalid();
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw invalid();
  const [cursorOrder, value, id] = parts as unknown[];
  if (cursorOrder !== order || typeof value !== "string" || value.includes("\0") || !isUuid(id)) throw invalid();
  return { order, value, id };
}
