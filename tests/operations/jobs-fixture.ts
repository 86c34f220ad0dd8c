import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Replaceable } from "#lib/replaceable.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { closeDatabases, openDatabases } from "#runtime/databases.ts";
import { startEvents } from "#runtime/events/start-events.ts";
import { domainOperations } from "#runtime/operations/domain-operations.ts";
import { startOperations } from "#runtime/operations/start-operations.ts";
import { cloneDatabases } from "#tests/harness/server.ts";

const keyring: Keyring = [{ id: "one", secret: "1".repeat(43) }];

/** Clones all databases, whose jobs the test can start. */
export async function jobsFixture() {
  const urls = await cloneDatabases();
  const server = { url: urls.url, embedded: false, stop: async () => undefined };
  const [services, systems] = [await openDatabases(server), await openDatabases(server, "system")];
  const folder = mkdtempSync(join(tmpdir(), "jobs-"));
  const environment = {
    auditCheckpoints: join(folder, "audit-checkpoints.jsonl"),
    eventRetentionSeconds: 86_400,
    operationRetentionSeconds: 86_400,
    changeRetentionSeconds: 365 * 86_400,
    vmRetentionSeconds: 7 * 86_400,
  };
  const signingKeys = new Replaceable(keyring);
  const stops: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const stop of stops) await stop();
    await Promise.all([closeDatabases(services), closeDatabases(systems)]);
    await urls.drop();
    rmSync(folder, { recursive: true });
  });
  const dependencies = { services, systems, environment, signingKeys, calls: undefined, hypervisor: undefined };
  return {
    urls,
    systems,
    operations: domainOperations(dependencies),
    /** Starts the jobs, and what keeps the projections up to date. */
    start: async () => {
      const stopping = new AbortController();
      const events = await startEvents(server, { redisUrl: undefined }, stopping.signal);
      stops.push(startOperations({ server, ...dependencies }).stop, async () => {
        stopping.abort();
        await events.ended;
      });
    },
  };
}
