import { PublicError } from "../errors.ts";

/** The position up to which the log of one database was read. */
export interface LogPosition {
  /** The id of the log, 32 hexadecimal digits: a database that was restored from elsewhere, or created again, has another one. */
  log: string;
  /** The transaction that wrote the event; 0 where the position has no event (the beginning, a rolled-back write). */
  transaction: number;
  /** The event's id in that log: ids increase, with gaps, in the order in which events are read. */
  id: number;
}

/** The position in each database's log, by the database's name. A database that is not in it is read from now on. */
export type EventPosition = Readonly<Record<string, LogPosition>>;

const format = "1";
const logDigits = 8;
const pattern = /^([a-z]{1,20})\.([0-9a-f]{8})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/;
const maxLength = 1_024;

/** Returns the compact text form, safe in URLs and headers: `1~vms.3f9a2c1b.1k2.9x~auth.…`, numbers in base 36. */
export function positionText(position: EventPosition): string {
  const parts = Object.entries(position)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([database, { log, transaction, id }]) =>
      [database, log.slice(0, logDigits), transaction.toString(36), id.toString(36)].join("."),
    );
  return [format, ...parts].join("~");
}

/**
 * Parses the text that `positionText` wrote. It contains only the first digits of the log: the reader compares them.
 * @throws PublicError POSITION_INVALID
 */
export function parsePosition(text: string): EventPosition {
  const [version, ...parts] = text.length <= maxLength ? text.split("~") : [];
  if (version !== format) throw invalidPosition("it is malformed");
  const position: Record<string, LogPosition> = {};
  for (const part of parts) {
    const [, database, log, transaction, id] = pattern.exec(part) ?? [];
    if (!database || !log || !transaction || !id || database in position) throw invalidPosition("it is malformed");
    position[database] = { log, transaction: wholeNumber(transaction), id: wholeNumber(id) };
  }
  return position;
}

/** Returns whether two positions are of one log, however many digits of its name each contains. */
export const sameLog = (one: string, other: string): boolean => one.slice(0, logDigits) === other.slice(0, logDigits);

export const invalidPosition = (reason: string): PublicError =>
  new PublicError("POSITION_INVALID", `This is not a position in the event log: ${reason}.`);

/** @param oldest the oldest position from which everything can still be read */
export const expiredPosition = (oldest: EventPosition): PublicError =>
  new PublicError("POSITION_EXPIRED", "Events after this position are no longer kept.", {
    oldest: positionText(oldest),
  });

function wholeNumber(text: string): number {
  const value = Number.parseInt(text, 36);
  if (!Number.isSafeInteger(value)) throw invalidPosition("it is malformed");
  return value;
}
