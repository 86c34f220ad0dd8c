import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "#db/client.ts";
import { asset } from "#lib/assets.ts";
import { domains } from "#db/columns.ts";
import { type Child, startChild } from "#tests/separate-processes/child.ts";
import { type OwnServer, ownServer } from "#tests/failure/own-server.ts";
import { type Fleet as TestRows, insertFleet } from "#tests/graph/rows.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { makeApiKey, makeUser, testPepper } from "#tests/harness/credentials.ts";
import { callerKeysFor, callingSettings } from "#tests/harness/call-keys.ts";
import { type RedisServer, startRedis } from "#tests/harness/redis-server.ts";

const signingKeys = "test:a key that only these gateways know of";
const jobsKeys = "test:a key that only these jobs know of and no gateway";
/** The subgraphs with subscriptions, and the one that authenticates callers. The fifth is never queried. */
const followed = ["vms", "monitoring", "federation"] as const;
const subgraphNames = ["auth", ...followed] as const;
export type SubgraphName = (typeof subgraphNames)[number];

const mostStarts = 20;

/** A process that can be started again with the same arguments, on the same port. */
export class Program {
  child: Child;
  readonly #start: (port: string) => Promise<Child>;

  private constructor(child: Child, start: (port: string) => Promise<Child>) {
    this.child = child;
    this.#start = start;
  }

  static async started(start: (port: string) => Promise<Child>): Promise<Program> {
    return new Program(await start("0"), start);
  }

  /**
   * Kills the process with SIGKILL, and starts another in its place. Retries the start when it fails because the database is unavailable, as a supervisor
   * does.
   */
  async replace(): Promise<void> {
    await this.child.end("SIGKILL");
    const { url } = this.child;
    const start = () => this.#start(url === "" ? "" : new URL(url).port);
    for (let attempt = 1; attempt < mostStarts; attempt += 1) {
      const child = await start().catch(() => undefined);
      if (child) {
        this.child = child;
        return;
      }
    }
    this.child = await start();
  }
}

/** The product as it runs in production: subgraphs, jobs and two gateways in separate processes, with a PostgreSQL server that a test may break. */
export interface LiveFleet {
  server: OwnServer;
  /** Undefined where events use PostgreSQL's notifications. */
  redis: RedisServer | undefined;
  subgraphs: Readonly<Record<SubgraphName, Program>>;
  /** The process that runs the relays. */
  jobs: Program;
  gateways: readonly Program[];
  tenants: readonly { rows: TestRows; token: string }[];
  /** Replaces the supergraph of both gateways by an equivalent one. @returns its description of subscriptions */
  reload(): string;
  stop(): Promise<void>;
}

export async function startFleet({ withRedis }: { withRedis: boolean }): Promise<LiveFleet> {
  const server = await ownServer(followed);
  const { urls } = server;
  const redis = withRedis ? await startRedis() : undefined;
  const folder = mkdtempSync(join(tmpdir(), "novacron-live-"));
  const tenants = await Promise.all([1, 2].map((number) => tenantOf(server, number)));
  const common = { LOG_LEVEL: "silent", ...(redis && { REDIS_URL: redis.url }) };
  const databaseUrls = Object.fromEntries(
    domains.map((name) => [`DATABASE_URL_${name.toUpperCase()}`, urls.url(name)]),
  );

  const nowhere = "http://127.0.0.1:1/graphql";

  const subgraph = (name: SubgraphName) =>
    Program.started((port) =>
      startChild(bundle(`subgraphs/${name}/main.ts`), {
        ...common,
        NOVACRON_CALLER_KEYS: callerKeysFor(name, signingKeys),
        ...callingSettings(name),
        [`DATABASE_URL_${name.toUpperCase()}`]: urls.url(name),
        NOVACRON_PEPPER: testPepper,
        NOVACRON_ENCRYPTION_KEYS: "1:a key that only these processes know of",
        PORT: port,
      }),
    );
  const [auth, vms, monitoring, federation, jobs] = await Promise.all([
    subgraph("auth"),
    subgraph("vms"),
    subgraph("monitoring"),
    subgraph("federation"),
    Program.started(() =>
      startChild(
        bundle("cli/run.ts"),
        {
          ...common,
          ...databaseUrls,
          NOVACRON_SIGNING_KEYS: jobsKeys,
          SUBGRAPH_URL_VMS: nowhere,
          SUBGRAPH_URL_SCHEDULER: nowhere,
          NOVACRON_AUDIT_CHECKPOINTS: join(folder, "audit.jsonl"),
        },
        ["jobs"],
      ),
    ),
  ]);
  const subgraphs = { auth, vms, monitoring, federation };
  const file = join(folder, "supergraph.graphql");
  const supergraph = readFileSync(asset("supergraph.graphql"), "utf8");
  let version = 0;
  writeFileSync(file, supergraph);
  const places = { scheduler: nowhere, ...mapped(subgraphs, ({ child }) => child.url) };
  const gateway = () =>
    Program.started((port) =>
      startChild(bundle("cli/run.ts"), { ...common, NOVACRON_SIGNING_KEYS: signingKeys }, [
        "gateway",
        ...["--supergraph", file, "--port", port],
        ...Object.entries(places).flatMap(([name, url]) => ["--url", `${name}=${url}`]),
      ]),
    );
  const gateways = await Promise.all([gateway(), gateway()]);
  return {
    server,
    redis,
    subgraphs,
    jobs,
    gateways,
    tenants,
    reload: () => {
      version += 1;
      const description = `The root of all subscriptions, version ${version}.`;
      const next = `${file}.next`;
      writeFileSync(next, supergraph.replace("The root of all subscriptions.", description));
      renameSync(next, file);
      return description;
    },
    stop: async () => {
      const all = [...gateways, jobs, ...Object.values(subgraphs)];
      await Promise.all(all.map(({ child }) => child.end("SIGKILL")));
      await redis?.stop();
      await server.urls.drop();
      await server.clean();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Creates a tenant with rows, and an administrator of it who has a key. */
async function tenantOf({ urls }: OwnServer, number: number): Promise<LiveFleet["tenants"][number]> {
  const rows = await insertFleet(urls, number, 10);
  const { tenantId } = rows;
  const auth = await openDatabase({ domain: "auth", url: urls.url("auth"), maxConnections: 1 });
  try {
    const user = await makeUser(auth, { tenantId, role: "admin" });
    const { key: token } = await makeApiKey(auth, { tenantId, userId: user.id });
    return { rows, token };
  } finally {
    await auth.close();
  }
}

const mapped = <Key extends string, From, To>(record: Readonly<Record<Key, From>>, to: (value: From) => To) =>
  Object.fromEntries(Object.entries<From>(record).map(([key, value]) => [key, to(value)]));
