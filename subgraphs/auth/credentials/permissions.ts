import { grants } from "#lib/request-context.ts";

const permissionPattern = /^(\*|[a-z][a-z_]{0,31}:(\*|[a-z][a-z_]{0,31}\*?))$/;

/** `resource:verb`; a `*` stands at the end only and for all that may follow. */
export const isPermission = (text: string): boolean => permissionPattern.test(text);

/** What both sets grant: of two of which one grants the other, the narrower. */
export function intersection(one: readonly string[], other: readonly string[]): string[] {
  const both = [...one.filter((each) => grants(other, each)), ...other.filter((each) => grants(one, each))];
  return [...new Set(both)].toSorted();
}

/** Those that the rights do not grant. A wildcard is granted only by one that is as wide. */
export const exceeding = (wanted: readonly string[], rights: readonly string[]): string[] =>
  wanted.filter((permission) => !grants(rights, permission));
