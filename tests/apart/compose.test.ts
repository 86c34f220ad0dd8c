import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { freePort } from "#db/embedded/free-port.ts";
import { asset } from "#lib/assets.ts";
import { adminUrl, asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { askGraph } from "#tests/harness/product.ts";
import { type Child, startChild } from "./child.ts";
import { compose, type Service } from "./compose-file.ts";

const run = promisify(execFile);
const ours = Object.entries(compose.services).filter(([, { image }]) => image === "novacron");
const entryOf = ({ entrypoint, command }: Service) => (entrypoint ?? command)[1] ?? "";
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "novacron-compose-"));
  await run(process.execPath, ["--import", "tsx", "scripts/build.ts", join(folder, "dist")], { cwd: asset(".") });
  await run(process.execPath, [join(folder, "dist/cli/run.js"), "secrets", join(folder, "secrets")]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("docker-compose.yml", () => {
  it("starts bundles that are built, with variables that each of them reads", () => {
    expect(ours).toHaveLength(10);
    for (const [name, service] of ours) {
      const bundle = readFileSync(join(folder, entryOf(service)), "utf8");
      for (const variable of Object.keys(service.environment)) {
        const read = variable.replace(/_FILE$/, "").replace(/^((?:DATABASE|SUBGRAPH)_(?:URL|PASSWORD)_)\w+$/, "$1");
        expect(bundle, `${name}: ${variable}`).toContain(read);
      }
    }
  });

  it("mounts every secret that a service reads and no other, from files that the command makes", () => {
    for (const [name, { secrets, environment }] of Object.entries(compose.services)) {
      const read = Object.entries(environment).flatMap(([variable, value]) =>
        variable.endsWith("_FILE") ? [value.replace("/run/secrets/", "")] : [],
      );
      expect(read.toSorted(), name).toEqual(secrets.toSorted());
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|KEYS|PEPPER/.test(variable)) expect(variable).toMatch(/_FILE$/);
        if (URL.canParse(value)) expect(new URL(value).password).toBe("");
      }
    }
    const used = new Set(Object.values(compose.services).flatMap(({ secrets }) => secrets));
    expect([...used].toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
    for (const [name, { file }] of Object.entries(compose.secrets)) {
      expect(file).toBe(`./secrets/${name}`);
      expect(existsSync(join(folder, file))).toBe(true);
    }
  });

  it("names hosts, ports and databases as they are", () => {
    for (const [name, { environment, ports, healthcheck }] of ours) {
      for (const [variable, value] of Object.entries(environment)) {
        if (!URL.canParse(value) || value.startsWith("/")) continue;
        const { hostname, port, pathname, username } = new URL(value);
        const there = compose.services[hostname];
        expect(there, `${name}: ${variable}`).toBeDefined();
        if (variable.startsWith("DATABASE_URL_"))
          expect(there?.environment).toMatchObject({ POSTGRES_DB: pathname.slice(1), POSTGRES_USER: username });
        if (variable.startsWith("SUBGRAPH_URL_"))
          expect([port, pathname]).toEqual([there?.environment["PORT"], "/graphql"]);
      }
      for (const port of ports) expect(port).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+:${environment["PORT"]}$`));
      const asked = /127\.0\.0\.1:(\d+)\//.exec(healthcheck?.test.join(" ") ?? "")?.[1];
      expect(asked).toBe(environment["METRICS_PORT"] ?? environment["PORT"]);
    }
  });

  it("waits for what is there, pins its images, and asks what runs for long whether it is well", () => {
    const settled = new Set<string>();
    const names = Object.keys(compose.services);
    for (let round = 0; round < names.length; round++)
      for (const name of names)
        if (Object.keys(compose.services[name]?.depends_on ?? {}).every((each) => settled.has(each))) settled.add(name);
    expect([...settled].toSorted()).toEqual(names.toSorted());
    for (const { image, build, restart, healthcheck } of Object.values(compose.services)) {
      if (!build) expect(image).toMatch(/^[a-z/]+:\d/);
      expect(healthcheck !== undefined).toBe(restart !== undefined);
    }
    const dockerfile = readFileSync(asset("Dockerfile"), "utf8");
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)).toEqual(
      Array(2).fill("node:24-bookworm-slim"),
    );
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(readFileSync(asset(".dockerignore"), "utf8").split("\n")).toEqual(
      expect.arrayContaining(["secrets", ".novacron", ".env", "node_modules"]),
    );
  });
});

describe("the same processes, from the bundles, told by the variables and secrets of the file,", () => {
  const children = new Map<string, Child>();
  const owners: string[] = [];
  let urls: TestDatabases;

  /** What a service is told, with hosts and files as they are here. Redis is left out: the product runs without one. */
  function environmentHere(environment: Record<string, string>): Record<string, string> {
    const here: Record<string, string> = {};
    for (const [name, value] of Object.entries(environment)) {
      const domain = domains.find((each) => name === `DATABASE_URL_${each.toUpperCase()}`);
      if (name === "REDIS_URL") continue;
      here[name] = value
        .replace("/run/secrets/", `${folder}/secrets/`)
        .replace("/checkpoints/", `${folder}/`)
        .replace("0.0.0.0", "127.0.0.1");
      if (domain) {
        const url = new URL(urls.url(domain));
        [url.username, url.password] = [`${new URL(urls.url(domain)).pathname.slice(1)}_owner`, ""];
        here[name] = url.href;
      }
      if (name.startsWith("SUBGRAPH_URL_")) here[name] = children.get(new URL(value).hostname)?.url ?? "";
      if (name === "PORT") here[name] = "0";
    }
    return { ...here, NOVACRON_ENV: "production" };
  }

  async function startService(name: string): Promise<void> {
    const service = compose.services[name] as Service;
    const env = environmentHere(service.environment);
    if (env["METRICS_PORT"]) env["METRICS_PORT"] = String(await freePort());
    const child = await startChild(join(folder, entryOf(service)), env, service.command.slice(2));
    children.set(name, child);
    const address = child.url ? new URL(child.url).host : `127.0.0.1:${env["METRICS_PORT"]}`;
    const [, , ...check] = service.healthcheck?.test ?? [];
    await run(
      process.execPath,
      check.map((text) => text.replace(/127\.0\.0\.1:\d+/, address)),
    );
  }

  beforeAll(async () => {
    urls = await cloneDatabases();
    await asOwner(adminUrl(), async (sql) => {
      for (const domain of domains) {
        const owner = `${new URL(urls.url(domain)).pathname.slice(1)}_owner`;
        const password = readFileSync(join(folder, `secrets/${domain}-db-password`), "utf8").trim();
        await sql.unsafe(`create role ${owner} superuser login password '${password}'`);
        owners.push(owner);
      }
    });
    const migrate = compose.services["migrate"] as Service;
    const env = environmentHere(migrate.environment);
    await run(process.execPath, [join(folder, entryOf(migrate)), "migrate"], { env });
    await Promise.all([...domains, "jobs"].map((name) => startService(name)));
    await Promise.all(["gateway-1", "gateway-2"].map((name) => startService(name)));
  });
  afterAll(async () => {
    await Promise.all([...children.values()].map((child) => child.end("SIGKILL")));
    await urls.drop();
    await asOwner(adminUrl(), async (sql) => {
      for (const owner of owners) await sql.unsafe(`drop role ${owner}`);
    });
  });

  it("answer through both gateways, and through one when the other is gone", async () => {
    const tool = compose.services["novacron"] as Service;
    const novacron = async (...args: string[]) => {
      const env = environmentHere(tool.environment);
      const { stdout } = await run(process.execPath, [join(folder, entryOf(tool)), ...args, "--json"], { env });
      return JSON.parse(stdout) as { key: string };
    };
    await novacron("user", "create", "admin", "--role", "admin", "--email", "admin@example.org");
    const { key } = await novacron("key", "create", "admin", "--name", "of a test", "--scopes", "*");
    const query =
      "{ tenants { totalCount } vms { totalCount } alertRules { totalCount } clusters { totalCount } cloudProviders { totalCount } }";
    const ask = (name: string) => askGraph(children.get(name)?.url ?? "", query, {}, key);
    const first = await ask("gateway-1");
    expect(first).toMatchObject({ errors: [], data: { vms: { totalCount: 0 } } });
    expect(await ask("gateway-2")).toEqual(first);
    await children.get("gateway-1")?.end("SIGKILL");
    expect(await ask("gateway-2")).toEqual(first);
  });
});
