import type { Tags } from "#db/vms/schema/vm-config.ts";
import { userError, type UserError } from "#lib/graphql/user-errors.ts";
import type { Tag } from "#lib/tags.ts";
import type { UserErrorCode } from "../generated/enums.ts";

const most = 50;
const longestKey = 128;
const longestValue = 256;

/** Returns tags as they are stored, or every error in them. */
export function tagsOf(given: readonly Tag[]): Tags | readonly UserError<UserErrorCode>[] {
  const errors: UserError<UserErrorCode>[] = [];
  const invalid = (field: string, message: string) => errors.push(userError("TAG_INVALID", field, message));
  if (given.length > most) invalid("tags", `A VM has at most ${most} tags.`);
  const keys = new Set<string>();
  for (const [at, { key, value }] of given.entries()) {
    if (key.trim() === "" || key.length > longestKey)
      invalid(`tags.${at}.key`, `It must have 1 to ${longestKey} characters.`);
    if (value.length > longestValue) invalid(`tags.${at}.value`, `It must have at most ${longestValue} characters.`);
    if (keys.has(key)) invalid(`tags.${at}.key`, "Another tag has the same key.");
    keys.add(key);
  }
  return errors.length > 0 ? errors : Object.fromEntries(given.map(({ key, value }) => [key, value]));
}
