import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { freePort } from "#db/embedded/free-port.ts";
import { until } from "#tests/events/until.ts";
import { redisProgram, type RedisServer, startRedis } from "#tests/harness/redis-server.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type Child, startChild } from "./child.ts";
import { compose, imageEnvironment, type Service } from "./compose-file.ts";
import { type ComposedDatabase, createDatabase } from "./composed-database.ts";

const run = promisify(execFile);

export interface Replica extends Child {
  /** The host and port that the service's health check calls. */
  address: string;
}

export const entryOf = ({ entrypoint, command }: Service): string => (entrypoint ?? command)[1] ?? "";
const isDatabase = ({ environment }: Service) => "POSTGRES_DB" in environment;
const isRedis = ({ image }: Service) => image.startsWith("redis:");
/** Returns the condition under which others may depend on the service: one that is not restarted runs once and ends. */
const aim = ({ restart }: Service) => (restart ? "service_healthy" : "service_completed_successfully");

/**
 * Runs the services of docker-compose.yml as plain processes of this machine, from bundles in `folder/dist` and secrets in `folder/secrets`. Leaves Redis out
 * where it is not installed; the product runs without it.
 */
export class Topology {
  /** `<service> started`, and `<service> <condition>` once it meets the condition that its dependents wait for, in order of time. */
  readonly journal: string[] = [];
  readonly databases = new Map<string, ComposedDatabase>();
  readonly replicas = new Map<string, Replica[]>();
  /** The standard error of services that have run once and ended. */
  readonly output = new Map<string, string>();
  redis: RedisServer | undefined;
  readonly #folder: string;
  readonly #reached = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, "checkpoints"));
  }

  /** Does what `docker compose up --wait` does: starts all services without a profile. When one fails, `down` ends those that are up. */
  async up(): Promise<void> {
    const names = Object.keys(compose.services).filter((name) => !serviceOf(name).profiles);
    const results = await Promise.allSettled(names.map((name) => this.#reach(name)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async down(): Promise<void> {
    await Promise.all([...this.replicas.values()].flat().map((replica) => replica.end("SIGKILL")));
    await Promise.all([...this.databases.values()].map((database) => database.drop()));
    await this.redis?.stop();
  }

  /**
   * Does what `docker compose stop` does: sends SIGTERM to all replicas of these services, and SIGKILL to those that exceed their service's grace period.
   * Resolves to their exit codes, or to the signals that ended them.
   */
  async stop(...names: string[]): Promise<Record<string, (number | string | null)[]>> {
    const ended = names.map(async (name) => {
      const graceMs = 1_000 * Number.parseInt(serviceOf(name).stop_grace_period ?? "10s", 10);
      const codes = (this.replicas.get(name) ?? []).map(async ({ end }) => {
        const impatient = setTimeout(() => void end("SIGKILL"), graceMs);
        return end("SIGTERM").finally(() => clearTimeout(impatient));
      });
      return [name, await Promise.all(codes)] as const;
    });
    return Object.fromEntries(await Promise.all(ended));
  }

  /** Does what `docker compose run --rm novacron …` does, and returns what it printed. @throws Error when its exit code is not 0 */
  async command(...args: string[]): Promise<string> {
    return (await this.#runOnce(serviceOf("novacron"), args)).stdout;
  }

  /** Starts one more process of a service; replaces the ended one at this place, if any. */
  async start(name: string, place = this.replicas.get(name)?.length ?? 0): Promise<void> {
    const service = serviceOf(name);
    const env = this.#environment(service);
    if (env["METRICS_PORT"]) env["METRICS_PORT"] = String(await freePort());
    const bundle = join(this.#folder, entryOf(service));
    const child = await startChild(bundle, env, service.command.slice(2), this.#folder);
    const address = env["METRICS_PORT"] ? `127.0.0.1:${env["METRICS_PORT"]}` : new URL(child.url).host;
    const replicas = this.replicas.get(name) ?? [];
    replicas[place] = { ...child, address };
    this.replicas.set(name, replicas);
  }

  /** Returns whether all replicas of a service pass its health check. */
  async isHealthy(name: string): Promise<boolean> {
    const { healthcheck, environment } = serviceOf(name);
    const [, program = "", ...args] = healthcheck?.test ?? [];
    const checks = async (): Promise<unknown> => {
      const database = this.databases.get(name);
      if (database) return asOwner(database.ownerUrl, (sql) => sql`select 1`);
      if (program === "redis-cli") return this.redis && pinged(this.redis.url, args);
      const port = environment["PORT"] ?? environment["METRICS_PORT"];
      const at = (address: string) => args.map((text) => text.replace(`127.0.0.1:${port}`, address));
      return Promise.all((this.replicas.get(name) ?? []).map(({ address }) => run(process.execPath, at(address))));
    };
    return checks().then(
      () => true,
      () => false,
    );
  }

  /** Resolves when a service meets the condition that its dependents wait for; reaches everything it depends on first. */
  #reach(name: string): Promise<void> {
    const reached = this.#reached.get(name) ?? this.#bringUp(name);
    this.#reached.set(name, reached);
    return reached;
  }

  async #bringUp(name: string): Promise<void> {
    const service = serviceOf(name);
    if (isRedis(service) && !redisProgram) return;
    await Promise.all(
      Object.entries(service.depends_on).map(async ([other, { condition }]) => {
        if (condition !== aim(serviceOf(other)))
          throw new Error(`${name} would wait forever for a condition that ${other} never meets.`);
        await this.#reach(other);
      }),
    );
    this.journal.push(`${name} started`);
    if (isDatabase(service)) {
      this.databases.set(name, await createDatabase(service.environment, this.#secret(service)));
    } else if (isRedis(service)) {
      this.redis = await startRedis(...service.command.slice(1).map((value) => this.#here(value)));
    } else if (service.restart) {
      const count = service.deploy.replicas;
      await Promise.all(Array.from({ length: count }, (_, place) => this.start(name, place)));
    } else {
      this.output.set(name, (await this.#runOnce(service, service.command.slice(2))).stderr);
    }
    if (service.restart) await until(`${name} is healthy`, () => this.isHealthy(name));
    this.journal.push(`${name} ${aim(service)}`);
  }

  #runOnce(service: Service, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    const env = { PATH: process.env["PATH"], ...this.#environment(service) };
    return run(process.execPath, [join(this.#folder, entryOf(service)), ...args], { env, cwd: this.#folder });
  }

  #secret({ secrets }: Service): string {
    return readFileSync(join(this.#folder, `secrets/${secrets[0]}`), "utf8").trim();
  }

  /** The environment of a process of the image, with hosts, ports and files of this machine. */
  #environment(service: Service): Record<string, string> {
    const variables = Object.entries(service.environment).filter(([name]) => !name.startsWith("REDIS_") || this.redis);
    const here = variables.map(([name, value]) => [name, name === "PORT" ? "0" : this.#here(value)]);
    return { ...imageEnvironment, ...Object.fromEntries(here) };
  }

  #here(value: string): string {
    const { hostname: host, username } = URL.canParse(value) ? new URL(value) : { hostname: "", username: "" };
    const url = this.databases.get(host)?.urlOf(username) ?? this.replicas.get(host)?.[0]?.url;
    if (url !== undefined) return url;
    if (this.redis && compose.services[host] && isRedis(serviceOf(host))) return this.redis.url;
    return value
      .replace("/run/secrets/", `${this.#folder}/secrets/`)
      .replace("/checkpoints/", `${this.#folder}/checkpoints/`)
      .replace(/^\/hypervisor$/, `${this.#folder}/hypervisor`)
      .replace("0.0.0.0", "127.0.0.1");
  }
}

/** Runs `redis-cli --user … --pass … <command>`. */
async function pinged(url: string, [, user, , pass, command = ""]: readonly string[]): Promise<unknown> {
  const options = { maxRetriesPerRequest: 0, retryStrategy: () => null, enableReadyCheck: false };
  const client = new Redis(url, { ...options, username: user ?? "", password: pass ?? "" });
  try {
    return await client.call(command);
  } finally {
    client.disconnect();
  }
}

function serviceOf(name: string): Service {
  const service = compose.services[name];
  if (!service) throw new Error(`docker-compose.yml has no service ${name}.`);
  return service;
}
