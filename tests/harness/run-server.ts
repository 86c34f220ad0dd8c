import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareAll } from "#runtime/databases.ts";
import { type Domain, domains } from "#db/columns.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { derivedUrl } from "#db/logins.ts";
import { migrateDomain } from "#db/migrate.ts";
import { buildBundles } from "./bundles.ts";
import { plannerSettingsOf } from "./planner-settings.ts";
import { asOwner, templateName } from "./server.ts";
import { temporaryDataDir } from "./data-dir.ts";

/**
 * Starts one server for the whole run, with a migrated template of each database; a test's databases are clones of them. Also builds the bundles from which
 * tests start processes.
 */
export async function startRun(): Promise<() => Promise<void>> {
  // Not in memory, because a machine may forbid running programs from there. Readable by all, because tests start processes as other users.
  const bundles = mkdtempSync(join(tmpdir(), "novacron-bundles-"));
  chmodSync(bundles, 0o755);
  removeAtExit(bundles);
  const [stopServer] = await Promise.all([startServer(), buildBundles(bundles)]);
  process.env["NOVACRON_TEST_BUNDLES"] = bundles;
  return stopServer;
}

async function startServer(): Promise<() => Promise<void>> {
  const dataDir = temporaryDataDir("novacron-test-");
  const server = await startEmbeddedPostgres({
    dataDir,
    databases: domains.map(templateName),
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "200",
      shared_preload_libraries: "pg_stat_statements",
      "pg_stat_statements.track": "top",
      "pg_stat_statements.track_utility": "off",
      // A test counts statements with it. At its default of 5,000, the statements of all tests' databases evict each other.
      "pg_stat_statements.max": "20000",
      ...plannerSettingsOf(process.env["NOVACRON_TEST_PLANS"]),
    },
  });
  // After the server, which needs its folder until this process ends.
  removeAtExit(dataDir);
  const templateUrl = (domain: Domain) => server.url(templateName(domain));
  await prepareAll(templateUrl);
  for (const domain of domains) await migrateDomain(derivedUrl(templateUrl(domain), domain, "owner"), domain);
  await asOwner(server.url("postgres"), (sql) => sql`create extension pg_stat_statements`);
  process.env["NOVACRON_TEST_SERVER_URL"] = server.url("postgres");
  return () => server.stop();
}

/** Removes the folder at exit, because an interrupted run has no teardown, and its files would take up memory. */
function removeAtExit(folder: string): void {
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
}
