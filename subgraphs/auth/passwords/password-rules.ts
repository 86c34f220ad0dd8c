import { userError } from "#lib/graphql/user-errors.ts";

const shortest = 12;
const longest = 256;
const fewestDifferent = 5;

/** Whether a text can be a password. Longer texts are refused before any hash is computed. */
export const isPasswordText = (text: string): boolean => text.length <= longest;

/** Returns the error of a new password, or undefined. The length counts, not the kinds of characters (NIST SP 800-63B). */
export function passwordProblem(password: string, names: readonly string[], field: string) {
  if (password.length > longest)
    return userError("PASSWORD_TOO_LONG", field, `A password must have at most ${longest} characters.`);
  const known = names.flatMap((name) => [name, name.split("@")[0] ?? ""]).filter((name) => name.length > 3);
  const plain = password.toLowerCase();
  const isWeak =
    password.length < shortest ||
    new Set(plain).size < fewestDifferent ||
    known.some((name) => plain.includes(name.toLowerCase()));
  return isWeak
    ? userError(
        "PASSWORD_TOO_WEAK",
        field,
        `A password must have at least ${shortest} characters, ${fewestDifferent} of them different, and must not contain the user's name.`,
      )
    : undefined;
}
