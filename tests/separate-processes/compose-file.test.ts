import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asset } from "#lib/assets.ts";
import { parse } from "yaml";
import { type Domain, domains } from "#db/columns.ts";
import { readGatewayEnvironment } from "#gateway/environment.ts";
import { type Login, loginRole } from "#db/logins.ts";
import { compose, type Service } from "./compose-file.ts";
import { makeInstallation } from "./installation.ts";
import { entryOf } from "./topology.ts";

const isDatabase = ({ environment }: Service) => "POSTGRES_DB" in environment;
const userOf = (domain: Domain, user: string, server: Service | undefined) =>
  user === "admin" ? server?.environment["POSTGRES_USER"] : loginRole(domain, user as Login);
/** Returns the names of the services on a network. */
const on = (network: string) =>
  Object.entries(compose.services).flatMap(([name, { networks }]) => (networks.includes(network) ? name : []));
const ours = Object.entries(compose.services).filter(([, { image }]) => image === "novacron");
/** Returns the text of a bundle and of the parts that it loads. */
function textOf(file: string, read = new Set<string>()): string {
  read.add(file);
  const text = readFileSync(file, "utf8");
  const parts = [...text.matchAll(/(?:from |import\(|import )"(\.{1,2}\/[^"]+\.js)"/g)].map(([, part = ""]) =>
    join(dirname(file), part),
  );
  return text + parts.map((part) => (read.has(part) || !existsSync(part) ? "" : textOf(part, read))).join("");
}
let folder: string;
beforeAll(async () => {
  folder = await makeInstallation();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("docker-compose.yml", () => {
  it("starts bundles that the build makes, with only variables that each of them reads", () => {
    expect(ours).toHaveLength(12);
    for (const [name, service] of ours) {
      const bundle = textOf(join(folder, entryOf(service)));
      for (const variable of Object.keys(service.environment)) {
        const read = variable.replace(/_FILE$/, "").replace(/^((?:DATABASE|SUBGRAPH)_(?:URL|PASSWORD)_)\w+$/, "$1");
        expect(bundle, `${name}: ${variable}`).toContain(read);
      }
    }
  });

  it("mounts every secret that a service reads and no other, from files that `novacron secrets` makes", () => {
    for (const [name, { secrets, environment, command }] of Object.entries(compose.services)) {
      const read = Object.entries(environment).flatMap(([variable, value]) =>
        variable.endsWith("_FILE") ? [value.replace("/run/secrets/", "")] : [],
      );
      read.push(...command.flatMap((value) => /^\/run\/secrets\/(.+)$/.exec(value)?.[1] ?? []));
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

  it("uses the hosts, ports, databases and users that its services have", () => {
    for (const [name, { environment, ports, healthcheck }] of ours) {
      for (const [variable, value] of Object.entries(environment)) {
        if (!URL.canParse(value) || value.startsWith("/")) continue;
        const { hostname, port, pathname, username } = new URL(value);
        const there = compose.services[hostname];
        expect(there, `${name}: ${variable}`).toBeDefined();
        if (variable.startsWith("DATABASE_URL_")) {
          expect(there?.environment).toMatchObject({ POSTGRES_DB: pathname.slice(1) });
          const [, domain = "", user = "owner"] =
            /^database_url_([a-z]+)(?:_([a-z]+))?$/.exec(variable.toLowerCase()) ?? [];
          expect([domain, user, username]).toEqual([domain, user, userOf(domain as Domain, user, there)]);
        }
        if (variable.startsWith("SUBGRAPH_URL_"))
          expect([port, pathname]).toEqual([there?.environment["PORT"], "/graphql"]);
      }
      for (const port of ports) expect(port).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+:${environment["PORT"]}$`));
      const port = /127\.0\.0\.1:(\d+)\//.exec(healthcheck?.test.join(" ") ?? "")?.[1];
      expect(port).toBe(environment["PORT"] ?? environment["METRICS_PORT"]);
    }
  });

  it("waits only for services that it defines, pins its images, and has a health check for each long-running service", () => {
    const settled = new Set<string>();
    const names = Object.keys(compose.services);
    for (let round = 0; round < names.length; round++)
      for (const name of names)
        if (Object.keys(compose.services[name]?.depends_on ?? {}).every((each) => settled.has(each))) settled.add(name);
    expect([...settled].toSorted()).toEqual(names.toSorted());
    for (const { image, build, restart, healthcheck } of Object.values(compose.services)) {
      if (!build) expect(image).toMatch(/^[a-z/]+:\d+\.\d+(\.\d+)?-/);
      expect(healthcheck !== undefined).toBe(restart !== undefined);
    }
    const dockerfile = readFileSync(asset("Dockerfile"), "utf8");
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)).toEqual(
      Array(2).fill("node:24.11.1-bookworm-slim"),
    );
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(readFileSync(asset(".dockerignore"), "utf8").split("\n")).toEqual(
      expect.arrayContaining(["secrets", ".novacron", ".env", "node_modules"]),
    );
  });
});

/** What an operator expects of each service, by name; each function returns true where it holds. */
const checklist: Readonly<Record<string, (service: Service) => boolean>> = {
  "drops all capabilities": ({ cap_drop }) => cap_drop.join() === "ALL",
  "adds no capability, except those that a database's entry point needs to change its user": (service) =>
    service.cap_add.join() === (isDatabase(service) ? "CHOWN,DAC_OVERRIDE,FOWNER,SETGID,SETUID" : ""),
  "gains no privileges": ({ security_opt }) => security_opt.includes("no-new-privileges:true"),
  "does not run as root, except a database until it changes to its own user": (service) =>
    isDatabase(service) || service.user === "1000:1000",
  "writes to its volumes and to memory only": ({ read_only, tmpfs }) => read_only && tmpfs.includes("/tmp"),
  "has a memory limit": ({ mem_limit }) => /^\d+[mg]$/.test(mem_limit ?? ""),
  "has a CPU limit": ({ cpus }) => cpus !== undefined && cpus > 0,
  "has a limit on processes": ({ pids_limit }) => pids_limit !== undefined && pids_limit <= 500,
  "rotates its logs": ({ logging }) =>
    logging?.driver === "json-file" && "max-size" in logging.options && "max-file" in logging.options,
  "is on named networks": ({ networks }) => networks.length > 0 && networks.every((name) => name in compose.networks),
  "is reachable from this machine only": ({ ports }) => ports.every((port) => port.startsWith("127.0.0.1:")),
  "has a grace period to stop and a health check, when it is long-running": ({ restart, healthcheck, ...service }) =>
    restart === undefined ||
    (healthcheck?.timeout !== undefined && Number.parseInt(service.stop_grace_period ?? "0", 10) >= 10),
};

describe.each(Object.entries(compose.services))("case G52: the service %s of docker-compose.yml", (_name, service) => {
  it.each(Object.entries(checklist))("%s", (_what, holds) => {
    expect(holds(service)).toBe(true);
  });
});

describe("case G52: the networks of docker-compose.yml", () => {
  const everywhere = ["jobs", "migrate", "novacron", "prepare"];

  it("have no access to the outside, except the gateways' network", () => {
    const open = Object.entries(compose.networks).flatMap(([name, network]) => (network?.internal ? [] : name));
    expect(open).toEqual(["edge"]);
    expect(on("edge").toSorted()).toEqual(["gateway-1", "gateway-2"]);
  });

  it.each(domains)(
    "connect the database of %s only to its subgraph and to the services that work on all databases",
    (domain) => {
      expect(on(`${domain}-data`).toSorted()).toEqual([domain, `${domain}-db`, ...everywhere].toSorted());
      expect(compose.services[`${domain}-db`]?.networks).toEqual([`${domain}-data`]);
    },
  );

  it("connect no gateway to a database, and only gateways and jobs to the subgraphs", () => {
    expect(on("subgraphs").toSorted()).toEqual([...domains, "gateway-1", "gateway-2", "jobs"].toSorted());
    for (const name of ["gateway-1", "gateway-2"])
      expect(compose.services[name]?.networks.toSorted()).toEqual(["edge", "events", "subgraphs"]);
  });

  it("connect each service to every service that its variables name", () => {
    for (const [name, { environment, networks }] of ours)
      for (const value of Object.values(environment)) {
        const there = URL.canParse(value) ? compose.services[new URL(value).hostname] : undefined;
        if (there)
          expect(
            there.networks.some((network) => networks.includes(network)),
            `${name}: ${value}`,
          ).toBe(true);
      }
  });
});

describe("case G43, G48: the secrets of docker-compose.yml", () => {
  const holders = (secret: string) =>
    Object.entries(compose.services).flatMap(([name, { secrets }]) => (secrets.includes(secret) ? name : []));

  it.each(domains)(
    "give each password of %s to the services that log in with it, and the administrator's to the service that makes logins",
    (domain) => {
      const follows = domain === "scheduler" ? [] : [domain];
      expect(holders(`${domain}-db-password`).toSorted()).toEqual([`${domain}-db`, "prepare"].toSorted());
      expect(holders(`${domain}-owner-password`).toSorted()).toEqual(["migrate", "prepare"]);
      expect(holders(`${domain}-service-password`).toSorted()).toEqual(
        [domain, "jobs", "novacron", "prepare"].toSorted(),
      );
      expect(holders(`${domain}-system-password`).toSorted()).toEqual(
        [...follows, "jobs", "novacron", "prepare"].toSorted(),
      );
      expect(holders(`${domain}-caller-keys`)).toEqual([domain]);
    },
  );

  it("give the keys of each issuer only to its processes", () => {
    expect(holders("gateway-keys")).toEqual(["gateway-1", "gateway-2"]);
    expect(holders("jobs-keys")).toEqual(["jobs", "novacron"]);
    expect(holders("vms-keys")).toEqual(["vms"]);
  });

  it("connect the hypervisor only to the jobs, which alone have its token", () => {
    expect(on("hypervisors").toSorted()).toEqual(["jobs", "simulated-hypervisor"]);
    expect(compose.services["simulated-hypervisor"]?.networks).toEqual(["hypervisors"]);
    expect(holders("hypervisor-token")).toEqual(["jobs", "simulated-hypervisor"]);
  });
});

const composeProgram = [
  { program: "docker-compose", args: [] },
  { program: "docker", args: ["compose"] },
].find(({ program, args }) => spawnSync(program, [...args, "version"], { stdio: "ignore" }).status === 0);

/** Runs `config` of Docker Compose on the file, with every profile. */
function composed(args: readonly string[], env: Record<string, string> = {}) {
  const { program = "", args: before = [] } = composeProgram ?? {};
  const file = asset("docker-compose.yml");
  return spawnSync(program, [...before, "-f", file, "--profile", "tools", "config", ...args], {
    encoding: "utf8",
    cwd: folder,
    env: { PATH: process.env["PATH"], ...env },
  });
}

describe.skipIf(!composeProgram)("case G52: Docker Compose (skipped where it is not installed)", () => {
  it("accepts the file as it is, with every profile", () => {
    const { status, stderr, stdout } = composed(["--services"]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout.trim().split("\n").toSorted()).toEqual(Object.keys(compose.services).toSorted());
  });

  it("passes the gateways' settings on, and leaves those empty that are not set", () => {
    const given = {
      TRUSTED_PROXIES: "172.18.0.1",
      ALLOWED_ORIGINS: "https://console.example",
      METRICS_PORT: "9464",
      NOVACRON_DOCUMENTS: "/srv/manifest.json",
      NOVACRON_DOCUMENT_MODES: "safelist",
    };
    const gateway = (env: Record<string, string>) => {
      const { services } = parse(composed([], env).stdout) as { services: Record<string, Partial<Service>> };
      const { environment, volumes } = services["gateway-1"] ?? {};
      return { environment, volumes: JSON.stringify(volumes) };
    };
    const set = gateway(given);
    expect(set.environment).toMatchObject(given);
    expect(set.volumes).toContain(given.NOVACRON_DOCUMENTS);
    const unset = gateway({});
    expect(Object.keys(given).map((name) => unset.environment?.[name])).toEqual(Object.keys(given).map(() => ""));
    expect(readGatewayEnvironment(unset.environment)).toEqual(readGatewayEnvironment({}));
  });
});
