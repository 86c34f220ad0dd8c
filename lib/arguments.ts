import { InvalidArgument, PublicError } from "./errors.ts";
import { isUuid } from "./uuid.ts";

/** @throws InvalidArgument when the id is no UUID */
export function validId(id: string, argument: string): string {
  if (!isUuid(id)) throw new InvalidArgument(argument, "is not an id.");
  return id;
}

/** What does not exist and what another tenant owns are told apart by nobody. @throws PublicError NOT_FOUND */
export function found<Value>(value: Value | null | undefined, what: string): Value {
  if (value === null || value === undefined) throw new PublicError("NOT_FOUND", `No such ${what}.`);
  return value;
}
