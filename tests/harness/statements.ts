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
    // An evicted statement is counted from one again, so the difference of two counts would be meaningless.
    const pushedOut = async () => {
      const [info] = await sql<{ dealloc: string }[]>`select dealloc::text from pg_stat_statements_info`;
      return info?.dealloc;
    };
    // Without their texts, which the server would read for the statements of all databases of the run.
    const counts = async () => {
      const rows = await sql<{ database: string; queryid: string; calls: number }[]>`
        select d.datname as database, s.queryid::text, sum(s.calls)::int as calls
        from pg_stat_statements(false) s join pg_database d on d.oid = s.dbid
        where d.datname = any(${[...names.keys()]}) group by 1, 2`;
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
    const counted = [...after.entries()].flatMap(([key, { database, queryid, calls }]) => {
      const more = calls - (before.get(key)?.calls ?? 0);
      return more > 0 ? [{ key, database, queryid, calls: more }] : [];
    });
    const texts = textsOf(urls);
    if (counted.some(({ key }) => !texts.has(key))) {
      const rows = await sql<{ database: string; queryid: string; query: string }[]>`
        select d.datname as database, s.queryid::text, s.query
        from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = any(${[...names.keys()]})`;
      for (const { database, queryid, query } of rows) texts.set(`${database}/${queryid}`, query);
    }
    return counted.flatMap(({ key, database, calls }) => {
      const query = texts.get(key);
      const domain = names.get(database);
      if (query === undefined || domain === undefined) throw new Error(`A statement of ${database} has no text.`);
      const frame = /^\s*(begin|commit|rollback|select set_config|set )/i.test(query);
      return frame ? [] : [{ domain, query, calls }];
    });
  });
}

/** The texts of a test's statements that were read from the server: `database/id of the statement` → text. */
const readTexts = new WeakMap<TestDatabases, Map<string, string>>();

function textsOf(urls: TestDatabases): Map<string, string> {
  const texts = readTexts.get(urls) ?? new Map<string, string>();
  readTexts.set(urls, texts);
  return texts;
}
