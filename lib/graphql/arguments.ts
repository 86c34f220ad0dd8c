import { InvalidArgument, PublicError } from "../errors.ts";
import { isUuid } from "../uuid.ts";

/**
 * Returns the id as the database writes it, so that two spellings of one id are equal texts.
 * @throws InvalidArgument when the id is not a UUID
 */
export function validId(id: string, argument: string): string {
  if (!isUuid(id)) throw new InvalidArgument(argument, "is not an id.");
  return id.toLowerCase();
}

const longestText = 256;

// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
const halfCharacter = /\p{Surrogate}/u;

/**
 * Returns whether the product accepts a text. PostgreSQL's text cannot hold U+0000, nor its JSON half a surrogate pair. No other control characters are
 * accepted either, except white space.
 */
export const isText = (text: string): boolean => !controlCharacter.test(text) && !halfCharacter.test(text);

/** @throws InvalidArgument for a text that is not valid, or too long */
export function validText(text: string, argument: string, maxLength = longestText): string {
  if (text.length > maxLength) throw new InvalidArgument(argument, `is longer than ${maxLength} characters.`);
  if (controlCharacter.test(text)) throw new InvalidArgument(argument, "holds control characters.");
  if (halfCharacter.test(text)) throw new InvalidArgument(argument, "is not well-formed Unicode.");
  return text;
}

/**
 * Returns the value. An object that does not exist and one of another tenant cannot be distinguished.
 * @throws PublicError NOT_FOUND
 */
export function found<Value>(value: Value | null | undefined, what: string): Value {
  if (value === null || value === undefined) throw new PublicError("NOT_FOUND", `No such ${what}.`);
  return value;
}
