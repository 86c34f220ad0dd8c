import { isUserError, type UserError } from "#lib/user-errors.ts";

/** What ends a command with exit code 1: `CODE: message` on standard error. */
export const problem = (...errors: readonly { code: string; message: string }[]): Error =>
  Object.assign(new Error(errors.map(({ message }) => message).join(" ")), { code: errors[0]?.code });

/** What a use case has done. @throws Error NOT_FOUND for what it did not find, or what the caller can mend */
export function done<Outcome>(outcome: Outcome, what: string): Exclude<Outcome, UserError | UserError[] | undefined> {
  if (outcome === undefined) throw problem({ code: "NOT_FOUND", message: `There is no such ${what}.` });
  if (Array.isArray(outcome)) throw problem(...(outcome as UserError[]));
  if (isUserError(outcome)) throw problem(outcome);
  return outcome as Exclude<Outcome, UserError | UserError[] | undefined>;
}
