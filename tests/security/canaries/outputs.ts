import { domains } from "#db/columns.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";
import type { Output } from "./secrets.ts";

/** Columns that store data derived from a secret. That data counts as a secret everywhere else. */
const keepsSecret = "column_name ~ '_(hash|secret|encrypted)$' and column_name <> 'prev_hash'";

interface Table {
  schema: string;
  name: string;
  keeping: string[];
}

/** Returns every row of every table without the columns that store secrets, and separately those columns. */
export async function databaseOutputs(urls: TestDatabases): Promise<{ rows: Output[]; kept: Output[] }> {
  const [rows, kept]: [Output[], Output[]] = [[], []];
  for (const domain of domains) {
    await asOwner(urls.url(domain), async (sql) => {
      const tables = await sql.unsafe<Table[]>(`
        select t.table_schema as schema, t.table_name as name,
          array(select column_name::text from information_schema.columns c
            where (c.table_schema, c.table_name) = (t.table_schema, t.table_name) and ${keepsSecret}) as keeping
        from information_schema.tables t
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`);
      for (const { schema, name, keeping } of tables) {
        const where = `${domain}.${name}`;
        const found = await sql.unsafe<{ row: string; kept: (string | null)[] }[]>(`
          select (to_jsonb(r) - '{${keeping.join(",")}}'::text[])::text as row,
            array[${keeping.map((column) => `r."${column}"::text`).join(", ")}]::text[] as kept
          from "${schema}"."${name}" r`);
        for (const row of found) {
          rows.push({ where, text: row.row });
          row.kept.forEach((text, at) => text !== null && kept.push({ where: `${where}.${keeping[at]}`, text }));
        }
      }
    });
  }
  return { rows, kept };
}
