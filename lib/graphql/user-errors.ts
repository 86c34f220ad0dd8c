/**
 * Errors of a mutation in input that its caller can correct: the closed list of `UserError.code`, each with the sentence that `docs/errors.md` explains
 * further.
 */
export const userErrorCodes = {
  INVALID_CREDENTIALS: "The login, the password or the code is wrong, or the account cannot sign in now.",
  MFA_REQUIRED: "The password is right; the code of the second factor is missing.",
  PASSWORD_TOO_WEAK: "The new password is too short, has too few different characters, or contains the user's name.",
  PASSWORD_TOO_LONG: "The password exceeds the maximum length.",
  RESET_CODE_INVALID: "The code for a new password is wrong, used or expired.",
  EMAIL_INVALID: "This is not an e-mail address.",
  NAME_INVALID: "The name is too short, too long, or contains characters that are not allowed in names.",
  NAME_TAKEN: "The name or address is already in use.",
  PERMISSION_INVALID: "This is not a permission: write `resource:verb`, with a `*` at the end only.",
  SCOPE_EXCEEDS_RIGHTS: "It has, or would have, rights that the credential of the request lacks.",
  EXPIRY_INVALID:
    "The time of expiry is in the past, too far in the future, or later than that of the key that makes it.",
  RATE_LIMIT_INVALID: "The limit is not between 1 and 100,000 requests a minute.",
  ROLE_UNKNOWN: "There is no such role.",
  ROLE_BUILT_IN: "A built-in role cannot be changed.",
  TENANT_UNKNOWN: "There is no such tenant.",
  TENANT_BUILT_IN: "The tenant of the platform can be neither disabled nor renamed.",
  QUOTA_INVALID:
    "A limit must be neither negative nor larger than the database can store: memory in whole MiB, storage in whole GiB, spending in nine decimals at most.",
  LAST_ADMINISTRATOR: "A tenant must keep at least one administrator who can sign in.",
  MFA_CODE_INVALID: "The code of the second factor is wrong or was used before.",
  MFA_IN_USE: "The user has a second factor; remove it first.",
  MFA_NOT_STARTED: "The second factor was not set up.",
} as const;

export type UserErrorCode = keyof typeof userErrorCodes;

export interface UserError {
  code: UserErrorCode;
  message: string;
  /** The input field of the error, outermost first. */
  field: string[] | null;
}

/** @param field the input field with dots: `quota.maxVmCount` */
export const userError = (code: UserErrorCode, message: string = userErrorCodes[code], field?: string): UserError => ({
  code,
  message,
  field: field === undefined ? null : field.split("."),
});

export const isUserError = (value: unknown): value is UserError =>
  typeof value === "object" &&
  value !== null &&
  "code" in value &&
  typeof value.code === "string" &&
  Object.hasOwn(userErrorCodes, value.code);
