import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { type Domain, domains } from "#db/columns.ts";
import { openDatabase } from "#db/client.ts";
import { writeProviderCredentials } from "#db/federation/provider-credentials.ts";
import { parseKeyring } from "#lib/trust/keyring.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { redisProgram, startRedis } from "#tests/harness/redis-server.ts";
import { adminUrl, asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { startTraceCollector } from "#tests/harness/trace-collector.ts";
import { novacron, type Started, startNovacron } from "#tests/running/command.ts";
import type { Output, Secrets } from "./secrets.ts";

export const fleet = fleetOf(1);

export interface SeededProduct {
  url: string;
  databases: TestDatabases;
  /** The name that the product connects to its databases under, with a password that is watched. */
  databaseUser: string;
  /** The environment that the product was started with. */
  env: Record<string, string>;
  /** The API key of the first administrator, who is a user of the platform. */
  platformKey: string;
  /** Creates a new administrator of the fleet's tenant. */
  newPerson(): Promise<TestUser>;
  /** Returns the metrics that Prometheus scrapes. */
  figures(): Promise<string>;
  /** Returns what a trace collector received; it is complete once the product has stopped. */
  traces(): string;
  /** Returns every key of Redis and its value; empty when there is no Redis. */
  redisOutputs(): Promise<Output[]>;
  /** Sends `kill -9` to Redis, when there is one. */
  loseRedis(): Promise<void>;
  /** @returns everything that it logged */
  stop(): Promise<string>;
  clean(): Promise<void>;
}

/** Runs `novacron start` as a separate process at its most verbose log level, with secrets that are all watched. */
export async function startSeeded(secrets: Secrets): Promise<SeededProduct> {
  const dataDir = temporaryDataDir("novacron-canaries-");
  const databases = await cloneDatabases();
  const databaseUser = `canaries_${process.pid}`;
  const databasePassword = secrets.mark("the password of the databases");
  const redisPassword = secrets.mark("the password of Redis");
  const encryptionKeys = `one:${secrets.mark("an encryption key")}${"e".repeat(20)}`;
  await asOwner(adminUrl(), (sql) =>
    sql.unsafe(`create role ${databaseUser} login superuser password '${databasePassword}'`),
  );
  await insertFleet(databases, 1, 3);
  const redis = redisProgram ? await startRedis("--requirepass", redisPassword) : undefined;
  const redisUrl = redis && redis.url.replace("redis://", `redis://:${redisPassword}@`);
  const collector = await startTraceCollector();
  const env: Record<string, string> = {
    ...Object.fromEntries(
      domains.map((domain) => [urlName(domain), asUser(databases.url(domain), databaseUser, databasePassword)]),
    ),
    ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
    NOVACRON_SIGNING_KEYS: `one:${secrets.mark("a signing key")}${"s".repeat(20)}`,
    NOVACRON_ENCRYPTION_KEYS: encryptionKeys,
    NOVACRON_PEPPER: `${secrets.mark("the pepper")}${"p".repeat(20)}`,
    METRICS_PORT: "0",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    LOG_LEVEL: "trace",
  };
  const started: Started = await startNovacron(["--data-dir", dataDir, "--no-demo"], env);
  const figuresUrl = await started.printedError(/figures for Prometheus are at (\S+)/);
  const first = JSON.parse(readFileSync(join(dataDir, "admin.json"), "utf8")) as { password: string; apiKey: string };
  secrets.watch("the first administrator's password", first.password);
  secrets.watch("the first administrator's key", first.apiKey.split("_")[3] ?? "");

  // The first key acts in a tenant; this one acts in the platform.
  const created = await novacron(
    ["key", "create", "admin", "--name", "platform", "--scopes", "*", "--rate-limit", "100000", "--json"],
    { ...env, NOVACRON_DATA_DIR: dataDir },
  );
  const { key: platformKey } = JSON.parse(created.stdout) as { key: string };
  secrets.watch("the key of the platform", platformKey.split("_")[3] ?? "");

  const auth = await openDatabase({ domain: "auth", url: databases.url("auth"), maxConnections: 1 });
  const federation = await openDatabase({ domain: "federation", url: databases.url("federation"), maxConnections: 1 });
  const keyring = parseKeyring(encryptionKeys);
  if (!keyring) throw new Error("The encryption keys are not a valid keyring.");
  await federation.write({ tenantId: fleet.tenantId }, (tx) =>
    writeProviderCredentials(tx, keyring, fleet.id("cloudProvider"), secrets.mark("a provider's credentials")),
  );
  await federation.close();

  return {
    url: started.url,
    databases,
    databaseUser,
    env: { ...env, NOVACRON_DATA_DIR: dataDir },
    platformKey,
    newPerson: () =>
      makeUser(auth, {
        tenantId: fleet.tenantId,
        role: "admin",
        password: `${secrets.mark("a password")} and more`,
      }),
    figures: async () => (await fetch(figuresUrl)).text(),
    traces: () => collector.text(),
    redisOutputs: async () => (redisUrl ? contentsOf(redisUrl) : []),
    loseRedis: async () => redis?.kill(),
    stop: async () => {
      const { stdout, stderr } = await started.stop();
      return stdout + stderr;
    },
    clean: async () => {
      await auth.close();
      await started.stop("SIGKILL");
      await redis?.stop();
      await collector.close();
      await databases.drop();
      await asOwner(adminUrl(), (sql) => sql.unsafe(`drop role ${databaseUser}`));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const urlName = (domain: Domain): string => `DATABASE_URL_${domain.toUpperCase()}`;

function asUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}

async function contentsOf(url: string): Promise<Output[]> {
  const redis = new Redis(url);
  try {
    const outputs: Output[] = [];
    for (const key of await redis.keys("*")) {
      const type = await redis.type(key);
      const value =
        type === "stream" ? await redis.xrange(key, "-", "+") : type === "string" ? await redis.get(key) : [];
      outputs.push({ where: `the ${type} ${key} of Redis`, text: `${key} ${JSON.stringify(value)}` });
    }
    return outputs;
  } finally {
    redis.disconnect();
  }
}
