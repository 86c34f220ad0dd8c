import { PublicError } from "./errors.ts";

/** How far the log of one database was read. */
export interface LogPosition {
  /** Which log: a database that was restored from elsewhere, or made anew, has another one. 32 hexadecimal digits. */
  log: string;
  /** The transaction that wrote the event; 0 where no event stands at the position (the beginning, a rolled-back write). */
  transaction: number;
  /** The event's id in that log: ids grow, with gaps, in the order in which events are read. */
  id: number;
}

/** How far each database's log was read, by the database's name. A database that is not in it is read from now on. */
export type EventPosition = Readonly<Record<string, LogPosition>>;

const format = "1";
const logDigits = 8;
const pattern = /^([a-z]{1,20})\.([0-9a-f]{8})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/;
const maxLength = 1_024;

/** The compact text form, safe in URLs and headers: `1~vms.3f9a2c1b.1k2.9x~auth.…`, numbers in base 36. */
export function positionText(position: EventPosition): string {
  const parts = Object.entries(position)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([database, { log, transaction, id }]) =>
      [database, log.slice(0, logDigits), transaction.toString(36), id.toString(36)].join("."),
    );
  return [format, ...parts].join("~");
}

/**
 * Reads what `positionText` wrote. Of the log only the first digits are in it: whoever reads on compares them.
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

/** Whether two positions are of one log, however many digits of its name each knows. */
export const sameLog = (one: string, other: string): boolean => one.slice(0, logDigits) === other.slice(0, logDigits);

export const invalidPosition = (reason: string): PublicError =>
  new PublicError("POSITION_INVALID", `This is no position of the event log: ${reason}.`);

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
