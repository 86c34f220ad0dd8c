/** The variables of a request, by their names. */
export type Variables = Readonly<Record<string, unknown>>;
