import { grants } from "#lib/trust/request-context.ts";

const permissionPattern = /^(\*|[a-z][a-z_]{0,31}:(\*|[a-z][a-z_]{0,31}\*?))$/;

/** Whether the text is a permission: `resource:verb`. A `*` occurs only at the end and matches everything that may follow. */
export const isPermission = (text: string): boolean => permissionPattern.test(text);

/** Returns the permissions that both sets grant. Of two permissions of which one includes the other, it returns the narrower one. */
export function intersection(one: readonly string[], other: readonly string[]): string[] {
  const both = [...one.filter((each) => grants(other, each)), ...other.filter((each) => grants(one, each))];
  return [...new Set(both)].toSorted();
}

/** Returns the permissions that the rights do not grant. A wildcard is granted only by a wildcard that is at least as wide. */
export const exceeding = (wanted: readonly string[], rights: readonly string[]): string[] =>
  wanted.filter((permission) => !grants(rights, permission));
