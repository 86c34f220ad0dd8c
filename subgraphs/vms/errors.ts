import type { UserError } from "#lib/graphql/user-errors.ts";
import type { UserErrorCode } from "./generated/enums.ts";

/** Every error in an input. */
export type Errors = readonly UserError<UserErrorCode>[];

/** Returns whether a check returned errors and not its value, which is an object. */
export const isErrors = (value: object): value is Errors => Array.isArray(value);
