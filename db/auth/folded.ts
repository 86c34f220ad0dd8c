import { type SQL, sql, type SQLWrapper } from "drizzle-orm";

/**
 * What a name is compared by: compatible characters and both cases are one (`Ａdmin`, `ADMIN`, `admin`). The unique indexes of names are of this
 * expression, and a look-up must be too, or the index does not serve it.
 */
export const folded = (name: SQLWrapper): SQL => sql`lower(normalize(${name}, NFKC))`;

/** The same of a value that is bound. */
export const foldedValue = (placeholder: string): SQL => folded(sql`${sql.placeholder(placeholder)}::text`);
