/**
 * Returns a migration with the rights of the tables that it creates: what drizzle-kit cannot write. The owner of a table with row-level security is bound by
 * its policies too, and the service of the domain may read and write its rows.
 * @param sql the statements as drizzle-kit writes them
 */
export function withRights(sql: string, domain: string): string {
  const secured = [...sql.matchAll(/^ALTER TABLE ("\w+") ENABLE ROW LEVEL SECURITY;/gm)].map(
    ([, table]) => `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;`,
  );
  const granted = [...sql.matchAll(/^CREATE TABLE ("\w+") \(/gm)].map(
    ([, table]) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO "novacron_${domain}";`,
  );
  const added = [...secured, ...granted];
  return added.length === 0 ? sql : [sql.trimEnd(), ...added].join("\n--> statement-breakpoint\n").concat("\n");
}
