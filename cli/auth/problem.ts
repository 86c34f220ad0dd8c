import { isUserError, type UserError } from "#lib/graphql/user-errors.ts";

/** Returns the error that ends a command with exit code 1: `CODE: message` on standard error. */
export const problem = (...errors: readonly { code: string; message: string }[]): Error =>
  Object.assign(new Error(errors.map(({ message }) => message).join(" ")), { code: errors[0]?.code });

/** Returns the result of a use case. @throws Error NOT_FOUND when it did not find its object, or an error that the caller can correct */
export function done<Outcome>(outcome: Outcome, what: string): Exclude<Outcome, UserError | UserError[] | undefined> {
  if (outcome === undefined) throw problem({ code: "NOT_FOUND", message: `There is no such ${what}.` });
  if (Array.isArray(outcome)) throw problem(...(outcome as UserError[]));
  if (isUserError(outcome)) throw problem(outcome);
  return outcome as Exclude<Outcome, UserError | UserError[] | undefined>;
}
