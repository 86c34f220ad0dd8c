import { validText } from "#lib/graphql/arguments.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { Errors } from "../errors.ts";

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,254}$/u;
const longestDisplayName = 255;
const longestDescription = 2_000;

/** Returns why a text is no name of a VM, a template or a network; nothing when it is one. */
export const nameErrors = (name: string, field = "name"): Errors =>
  namePattern.test(name) && name === name.normalize("NFC") ? [] : [userError("NAME_INVALID", field)];

/** @throws InvalidArgument for a display name or a description that is too long or no text */
export function requireTexts({
  displayName,
  description,
}: {
  displayName?: string | null | undefined;
  description?: string | null | undefined;
}): void {
  if (typeof displayName === "string") validText(displayName, "input.displayName", longestDisplayName);
  if (typeof description === "string") validText(description, "input.description", longestDescription);
}
