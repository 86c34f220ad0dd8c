import { InvalidArgument, PublicError } from "./errors.ts";
import { isUuid } from "./uuid.ts";

/** @throws InvalidArgument when the id is no UUID */
export function validId(id: string, argument: string): string {
  if (!isUuid(id)) throw new InvalidArgument(argument, "is not an id.");
  return id;
}

const longestText = 256;

/**
 * PostgreSQL's text cannot hold U+0000, nor its JSON half a surrogate pair; no name or tag of ours holds another control character, or is as
 * long.
 * @throws InvalidArgument
 */
export function validText(text: string, argument: string, maxLength = longestText): string {
  if (text.length > maxLength) throw new InvalidArgument(argument, `is longer than ${maxLength} characters.`);
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) {
    throw new InvalidArgument(argument, "holds control characters.");
  }
  if (/\p{Surrogate}/u.test(text)) throw new InvalidArgument(argument, "is not well-formed Unicode.");
  return text;
}

/** What does not exist and what another tenant owns are told apart by nobody. @throws PublicError NOT_FOUND */
export function found<Value>(value: Value | null | undefined, what: string): Value {
  if (value === null || value === undefined) throw new PublicError("NOT_FOUND", `No such ${what}.`);
  return value;
}
