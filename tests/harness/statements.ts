import type { Domain } from "#db/columns.ts";
import { domains } from "#db/columns.ts";
import { adminUrl, asOwner, type TestDatabases } from "./server.ts";

export interface CountedStatement {
  domain: Domain;
  query: string;
  calls: number;
}

/** Returns the statements that the server executed in a test's databases while `run` ran, without those that begin and end a transaction. */
export async function statementsDuring(urls: TestDatabases, run: () => Promise<unknown>): Promise<CountedStatement[]> {
  const names = new Map(domains.map((domain) => [new URL(urls.url(domain)).pathname.slice(1), domain]));
  return asOwner(adminUrl(), async (sql) => {
    await sql`create extension if not exists pg_stat_statements`;
    // An evicted statement is counted from one again, so the difference of two counts would be meaningless.
    const pushedOut = async () => {
      const [info] = await sql<{ dealloc: string }[]>`select dealloc::text from pg_stat_statements_info`;
      return info?.dealloc;
    };
    const counts = async () => {
      const rows = await sql<{ database: string; queryid: string; query: string; calls: number }[]>`
        select d.datname as database, s.queryid::text, s.query, sum(s.calls)::int as calls
        from pg_stat_statements s join pg_database d on d.oid = s.dbid
        where d.datname = any(${[...names.keys()]}) group by 1, 2, 3`;
      return new Map(rows.map((row) => [`${row.database}/${row.queryid}`, row]));
    };
    // A response is sent before its transactions have ended, and the server counts a statement when its portal is closed.
    const settled = async () => {
      const until = Date.now() + 10_000;
      for (;;) {
        const [busy] = await sql<{ sessions: number }[]>`
          select count(*)::int as sessions from pg_stat_activity
          where datname = any(${[...names.keys()]}) and state in ('active', 'idle in transaction')`;
        if (busy?.sessions === 0) return;
        if (Date.now() > until) throw new Error("the product's transactions did not end");
      }
    };
    await settled();
    const [pushedOutBefore, before] = [await pushedOut(), await counts()];
    await run();
    await settled();
    const after = await counts();
    if ((await pushedOut()) !== pushedOutBefore) throw new Error("pg_stat_statements.max is too small to count");
    return [...after.entries()].flatMap(([key, row]) => {
      const calls = row.calls - (before.get(key)?.calls ?? 0);
      const frame = /^\s*(begin|commit|rollback|select set_config|set )/i.test(row.query);
      const domain = names.get(row.database);
      return calls > 0 && !frame && domain ? [{ domain, query: row.query, calls }] : [];
    });
  });
}
