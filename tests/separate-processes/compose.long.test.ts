import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Redis, type RedisOptions } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { closeDatabases, type Databases, openDatabases } from "#runtime/databases.ts";
import { seedDemoFleet } from "#demo/seed.ts";
import { openDatabase } from "#db/client.ts";
import { type Domain, domains, serviceRole, systemRole } from "#db/columns.ts";
import { domainJournal } from "#db/migration-files.ts";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { until } from "#tests/events/until.ts";
import { renameVm } from "#tests/failure/product-with-events.ts";
import { expectVms } from "#tests/graph/expect-vms.ts";
import { expectedAnswer } from "#tests/graph/one-request-oracle.ts";
import { type Answer, askGraph } from "#tests/harness/product.ts";
import { lastHour, oneRequest, partsWithoutRows } from "#tests/harness/one-request.ts";
import { redisProgram } from "#tests/harness/redis-server.ts";
import { asOwner } from "#tests/harness/server.ts";
import type { TcpProxy } from "#tests/harness/tcp-proxy.ts";
import { compose } from "./compose-file.ts";
import { makeInstallation } from "./installation.ts";
import { type Replica, Topology } from "./topology.ts";

const gateways = ["gateway-1", "gateway-2"] as const;
const now = new Date();
const variables = lastHour(now, 50);
let folder: string;
let topology: Topology;
let databases: Databases;
let key: string;

const ownerUrl = (domain: Domain) => topology.databases.get(`${domain}-db`)?.ownerUrl ?? "";
const proxyOf = (domain: Domain) => topology.databases.get(`${domain}-db`)?.proxy as TcpProxy;
const replica = (name: string, place = 0) => topology.replicas.get(name)?.[place] as Replica;
const ask = (gateway: string, query: string, values = {}): Promise<Answer> =>
  askGraph(replica(gateway).url, query, values, key);
const print = async <T>(...args: string[]) => JSON.parse(await topology.command(...args, "--json")) as T;
const health = (name: string, path: string) => fetch(new URL(`/health/${path}`, replica(name).url));
const readiness = async (name: string) => (await health(name, "ready")).status;
/** Returns the status of a gateway's readiness, and which parts are ready. */
const readyParts = async (gateway: string) => {
  const response = await health(gateway, "ready?verbose");
  return { status: response.status, ...((await response.json()) as { parts: Record<string, boolean> }).parts };
};

beforeAll(async () => {
  folder = await makeInstallation();
  topology = new Topology(folder);
  await topology.up();
  const server = { url: ownerUrl, embedded: false, stop: async () => undefined };
  databases = await openDatabases(server);
  const monitoringJobs = await openDatabase({ domain: "monitoring", url: ownerUrl("monitoring"), as: "system" });
  await seedDemoFleet({ ...databases, monitoringJobs }, { now });
  await monitoringJobs.close();
  await print("user", "create", "admin", "--role", "admin", "--email", "admin@example.org");
  const options = ["--name", "of a test", "--scopes", "*", "--acts-in", "demo"];
  ({ key } = await print<{ key: string }>("key", "create", "admin", ...options));
});
afterAll(async () => {
  if (databases) await closeDatabases(databases);
  await topology?.down();
  rmSync(folder, { recursive: true, force: true });
});

const projectedName = (domain: "monitoring" | "scheduler", vmId: string) =>
  asOwner(ownerUrl(domain), async (sql) => (await sql`select name from projected_vms where id = ${vmId}`)[0]?.["name"]);

/** Returns the ids of all processes whose environment names this installation, inherited or not. */
function processesHere(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder);
      } catch {
        // The process has ended meanwhile, or belongs to another user.
        return false;
      }
    })
    .map(Number);
}

describe("the processes of docker-compose.yml, from their bundles, on new databases,", () => {
  it("start once the services they depend on meet the condition they wait for", () => {
    const started = Object.entries(compose.services).filter(
      ([, { profiles, image }]) => !profiles && (redisProgram || !image.startsWith("redis:")),
    );
    expect(topology.journal).toHaveLength(2 * started.length);
    for (const [name, { depends_on }] of started) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        if (other === "redis" && !redisProgram) continue;
        const before = topology.journal.slice(0, topology.journal.indexOf(`${name} started`));
        expect(before).toContain(`${other} ${condition}`);
      }
    }
  });

  it("are as many as the file requires: two for jobs", () => {
    const counts = Object.fromEntries([...topology.replicas].map(([name, { length }]) => [name, length]));
    const one = Object.fromEntries([...domains, ...gateways].map((name) => [name, 1]));
    expect(counts).toEqual({ ...one, "simulated-hypervisor": 1, jobs: 2 });
    const pids = [...topology.replicas.values()].flat().map(({ pid }) => pid);
    expect(processesHere().toSorted()).toEqual(pids.toSorted());
  });

  it("find the schemas that the file's own job has migrated from nothing", async () => {
    const applied = [...(topology.output.get("migrate") ?? "").matchAll(/^migrated (\S+: \S+)$/gm)].map(
      ([, tag]) => tag,
    );
    const all = await Promise.all(
      domains.map(async (domain) => (await domainJournal(domain)).map(({ tag }) => `${domain}: ${tag}`)),
    );
    expect(applied).toEqual(all.flat());
  });

  it("case G43: log in with their own roles, none of which is a superuser", async () => {
    for (const domain of domains) {
      const users = await asOwner(
        ownerUrl(domain),
        (sql) => sql`
          select distinct usename as name, usesuper as super from pg_stat_activity join pg_user using (usename)
          where datname = current_database() and pid <> pg_backend_pid() order by 1`,
      );
      const ours = users.filter(({ name }) => !String(name).startsWith("novacron_owner_"));
      expect(ours).toEqual([serviceRole(domain), systemRole(domain)].map((name) => ({ name, super: false })));
    }
  });

  it.each(gateways)(
    "answer the one request through %s with the rows of plain SQL, with every part filled",
    async (gateway) => {
      const { data, errors } = await ask(gateway, oneRequest, variables);
      expect(errors).toEqual([]);
      expect(partsWithoutRows(data.vms.nodes)).toEqual([]);
      const urls = Object.fromEntries(domains.map((domain) => [domain, ownerUrl(domain)])) as Record<Domain, string>;
      const { first, from, to } = variables;
      const request = { tenantId: demoTenantId, first, from: new Date(from), to: new Date(to) };
      expectVms(data.vms.nodes, await expectedAnswer(urls, request));
    },
  );

  it("keep projections up to date, also when one process of jobs is killed, because the other takes over", async () => {
    const inStep = { missing: [], extra: [], different: [] };
    expect(await print("projections", "check")).toMatchObject({ monitoring: inStep, scheduler: inStep });
    const { data } = await ask("gateway-1", "{ vms(first: 1) { nodes { id } } }");
    const vmId = data.vms.nodes[0].id as string;
    const renamed = async (name: string) => {
      await databases.vms.write({ tenantId: demoTenantId }, (tx) => renameVm(tx, vmId, name));
      for (const domain of ["monitoring", "scheduler"] as const) {
        await until(
          `the projection in ${domain} has the new name`,
          async () => (await projectedName(domain, vmId)) === name,
        );
      }
    };
    await renamed("while there are two");
    expect(await replica("jobs").end("SIGKILL")).toBe("SIGKILL");
    await renamed("while there is one");
    await topology.start("jobs", 0);
    expect(await topology.isHealthy("jobs")).toBe(true);
  });

  it("answer through one gateway when the other is killed", async () => {
    const query = "{ vms(first: 3) { totalCount nodes { name } } }";
    const both = await ask("gateway-1", query);
    expect(both).toMatchObject({ errors: [], data: { vms: { totalCount: 60 } } });
    expect(await replica("gateway-1").end("SIGKILL")).toBe("SIGKILL");
    expect(await ask("gateway-2", query)).toEqual(both);
    await topology.start("gateway-1", 0);
    expect(await ask("gateway-1", query)).toEqual(both);
  });

  describe.skipIf(!redisProgram)("with Redis (skipped without redis-server or NOVACRON_REDIS_SERVER)", () => {
    let redis: Redis;
    const redisAs = (user: RedisOptions) =>
      new Redis(topology.redis?.url ?? "", { ...user, maxRetriesPerRequest: 0, retryStrategy: () => null });
    beforeAll(() => {
      redis = redisAs({ password: readFileSync(join(folder, "secrets/redis-password"), "utf8").trim() });
    });
    afterAll(() => redis.disconnect());

    it("case G52: use a server that evicts nothing, and refuses what does not fit into its memory", async () => {
      const memory = await redis.info("memory");
      expect(memory).toContain(`maxmemory:${256 * 2 ** 20}\r`);
      expect(memory).toContain("maxmemory_policy:noeviction\r");
    });

    it("case G52: use a server that answers no client without its password, and lets no service empty or change it", async () => {
      const [stranger, asker] = [
        redisAs({ enableReadyCheck: false }),
        redisAs({ username: "health", password: "none", enableReadyCheck: false }),
      ];
      // The server refuses it before it sends any command.
      stranger.on("error", () => undefined);
      onTestFinished(() => {
        stranger.disconnect();
        asker.disconnect();
      });
      await expect(stranger.ping()).rejects.toThrow("NOAUTH");
      expect(await asker.ping()).toBe("PONG");
      await expect(asker.get("novacron")).rejects.toThrow("NOPERM");
      for (const [command = "", ...values] of [
        ["FLUSHALL"],
        ["CONFIG", "GET", "*"],
        ["ACL", "LIST"],
        ["KEYS", "*"],
        ["REPLICAOF", "NO", "ONE"],
        ["SHUTDOWN"],
      ])
        await expect(redis.call(command, ...values), command).rejects.toThrow("NOPERM");
    });

    it("send the events of all databases through it", async () => {
      const [, streams] = await redis.scan(0, "MATCH", "novacron:events:*", "COUNT", 1_000);
      expect(streams.map((name) => name.split(":").at(-1)).toSorted()).toEqual(domains.toSorted());
    });

    it("count the requests of an API key over both gateways", async () => {
      const limited = await print<{ key: string }>(
        ...["key", "create", "admin", "--name", "of few requests", "--scopes", "*", "--rate-limit", "3"],
      );
      const answers: Answer[] = [];
      for (const gateway of ["gateway-1", "gateway-2", "gateway-1", "gateway-2"])
        answers.push(await askGraph(replica(gateway).url, "{ __typename }", {}, limited.key));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    });
  });

  it.each(domains)(
    "case G44: report the part that is unavailable with the database of %s, stay ready unless it is auth's, and recover unaided",
    async (domain) => {
      const pids = processesHere();
      const well = { status: 200, ...Object.fromEntries(domains.map((each) => [each, true])) };
      for (const gateway of gateways) expect(await readyParts(gateway)).toEqual(well);
      await proxyOf(domain).cut();
      for (const each of domains) expect(await readiness(each), each).toBe(each === domain ? 503 : 200);
      for (const gateway of gateways)
        expect(await readyParts(gateway)).toEqual({ ...well, status: domain === "auth" ? 503 : 200, [domain]: false });
      expect((await health(domain, "live")).status).toBe(200);
      expect(await topology.isHealthy(domain)).toBe(false);
      expect(await topology.isHealthy("jobs")).toBe(true);

      await proxyOf(domain).mend();
      await until("the service is ready", async () => (await readiness(domain)) === 200, 5_000);
      for (const gateway of gateways) expect(await readyParts(gateway)).toEqual(well);
      expect(processesHere()).toEqual(pids);
    },
  );

  it("end with exit code 0 on SIGTERM, and leave no process behind", async () => {
    const codes = await topology.stop(...topology.replicas.keys());
    const one = Object.fromEntries([...domains, ...gateways].map((name) => [name, [0]]));
    expect(codes).toEqual({ ...one, "simulated-hypervisor": [0], jobs: [0, 0] });
    expect(processesHere()).toEqual([]);
  });
});
