import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asset } from "#lib/assets.ts";
import { compose } from "./compose-file.ts";
import { makeInstallation } from "./installation.ts";
import { entryOf } from "./topology.ts";

const ours = Object.entries(compose.services).filter(([, { image }]) => image === "novacron");
let folder: string;
beforeAll(async () => {
  folder = await makeInstallation();
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
