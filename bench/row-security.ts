import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { type Domain, domains } from "#db/columns.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { post, takeTurns } from "./one-request.ts";
import { onPreparedServer } from "./prepared-server.ts";
import { runUntilReady } from "./processes.ts";
import { type Figure, percentile } from "./report.ts";

/**
 * Measures docs/one-request.graphql for 50 VMs with row-level security and without. One server has two copies of the same five databases. One product runs on
 * each, in turns of one run. Both keep their predicates and bind the tenant, so that only the policies differ.
 */
export const run = ({ quick }: { quick: boolean }): Promise<Figure[]> =>
  onPreparedServer(async ({ dataDir, server, url: secured, stops, request: { body } }) => {
    const open = (domain: Domain) => server.url(`open_${domain}`);
    await copyWithoutRowSecurity(server.url("postgres"), open);

    const start = async (url: (domain: Domain) => string, name: string) => {
      const env = Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, url(domain)]));
      const folder = join(dataDir, `product-${name}`);
      const args = ["cli/bin.js", "start", "--port", "0", "--data-dir", folder, "--no-demo"];
      // Where the demo fleet was seeded, the databases already have the administrator, with these keys.
      mkdirSync(folder);
      for (const file of ["keys", "admin.json"])
        if (existsSync(join(dataDir, file))) cpSync(join(dataDir, file), join(folder, file));
      const product = await runUntilReady(args, env);
      stops.push(product.stop);
      return { ...product, apiKey: administratorKey(folder) };
    };
    const without = await start(open, "open");
    const withIt = await start(secured, "secured");

    const measured = await takeTurns(
      [
        {
          name: "without row-level security",
          cpuMs: without.cpuMs,
          once: () => post(without.url, body, without.apiKey),
        },
        { name: "with row-level security", cpuMs: withIt.cpuMs, once: () => post(withIt.url, body, withIt.apiKey) },
      ],
      quick ? { rounds: 3, each: 20 } : { rounds: 20, each: 50 },
    );
    const figures = measured.map(({ name, times }) => ({
      name,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
    }));
    const [limit] = figures;
    return figures.flatMap(({ name, p50, p99 }, index): Figure[] => {
      const against = (value: number, base: number | undefined) =>
        index === 0 || base === undefined ? {} : { ratio: value / base, against: "without" };
      return [
        {
          name: `${name}, p50`,
          value: p50,
          unit: "ms",
          ...against(p50, limit?.p50),
          ...(index ? { aim: "at most 1.15×" } : {}),
        },
        { name: `${name}, p99`, value: p99, unit: "ms", ...against(p99, limit?.p99) },
      ];
    });
  });

async function copyWithoutRowSecurity(adminUrl: string, url: (domain: Domain) => string): Promise<void> {
  const admin = postgres(adminUrl, { max: 1, onnotice: () => undefined });
  for (const domain of domains) {
    await admin.unsafe(`create database open_${domain} template novacron_${domain}`);
    const owner = postgres(url(domain), { max: 1, onnotice: () => undefined });
    const tables = await owner<{ name: string }[]>`
      select oid::regclass::text as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`;
    for (const { name } of tables) {
      await owner.unsafe(`alter table ${name} disable row level security, no force row level security`);
    }
    await owner.unsafe("vacuum analyze");
    await owner.end();
    const original = new URL(url(domain));
    original.pathname = `/novacron_${domain}`;
    const same = postgres(original.href, { max: 1, onnotice: () => undefined });
    await same.unsafe("vacuum analyze");
    await same.end();
  }
  await admin.end();
}
