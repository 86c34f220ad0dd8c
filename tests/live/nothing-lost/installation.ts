import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Domain, domains } from "#db/columns.ts";
import { asset } from "#lib/assets.ts";
import { type Child, startChild } from "#tests/apart/child.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { testPepper } from "#tests/harness/credentials.ts";
import type { TestDatabases } from "#tests/harness/server.ts";

const secrets = {
  NOVACRON_SIGNING_KEYS: "1:what these processes sign with and nobody else",
  NOVACRON_PEPPER: testPepper,
  NOVACRON_ENCRYPTION_KEYS: "1:what these processes seal with and nobody else",
};

/** One process of the product, at the same address whenever it runs. */
export interface Member {
  readonly url: string;
  readonly child: Child;
  /** `kill -9`, and the same program again. */
  killAndRestart(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** The product as it runs in production: five subgraphs, the jobs with their relays, and two gateways, each a process of its own. */
export interface Installation {
  subgraphs: ReadonlyMap<Domain, Member>;
  jobs: Member;
  gateways: readonly Member[];
  /** Gives both gateways another supergraph, which differs from the one before in what it says of VMs. */
  replaceSupergraph(description: string): void;
  stop(): Promise<void>;
}

/** @param more of the environment of all of them */
export async function startInstallation(urls: TestDatabases, more: Record<string, string> = {}): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-live-"));
  const supergraph = join(folder, "supergraph.graphql");
  copyFileSync(asset("supergraph.graphql"), supergraph);
  const environment = { ...secrets, LOG_LEVEL: "fatal", ...more };
  const databaseUrl = (domain: Domain) => ({ [`DATABASE_URL_${domain.toUpperCase()}`]: urls.url(domain) });
  const members: Member[] = [];
  const run = async (program: string, env: Record<string, string>, args: readonly string[] = []): Promise<Member> => {
    const member = await startMember(program, { ...environment, ...env }, args);
    members.push(member);
    return member;
  };
  const stop = async () => {
    await Promise.all(members.map((member) => member.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const subgraphs = new Map(
      await Promise.all(
        domains.map(async (domain) => {
          const env = { ...databaseUrl(domain), PORT: "0" };
          return [domain, await run(`subgraphs/${domain}/main.ts`, env)] as const;
        }),
      ),
    );
    const all = Object.assign({}, ...domains.map(databaseUrl)) as Record<string, string>;
    const jobs = await run("cli/run.ts", { ...all, NOVACRON_DATA_DIR: folder }, ["jobs"]);
    const addresses = [...subgraphs].flatMap(([domain, { url }]) => ["--url", `${domain}=${url}`]);
    const gateway = ["gateway", "--supergraph", supergraph, ...addresses];
    const gateways = await Promise.all([1, 2].map(() => run("cli/run.ts", {}, [...gateway, "--port", "0"])));
    const sdl = readFileSync(supergraph, "utf8");
    return {
      subgraphs,
      jobs,
      gateways,
      replaceSupergraph: (description) => {
        // Not in place: a file that is half written is no supergraph.
        writeFileSync(`${supergraph}.next`, sdl.replace("A virtual machine.", description));
        renameSync(`${supergraph}.next`, supergraph);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startMember(program: string, env: Record<string, string>, args: readonly string[]): Promise<Member> {
  let child = await startChild(bundle(program), env, args);
  const { url } = child;
  const port = url && new URL(url).port;
  const again = args.map((arg, at) => (args[at - 1] === "--port" ? port : arg));
  const start = async () => {
    child = await startChild(bundle(program), { ...env, ...(env["PORT"] ? { PORT: port } : {}) }, again);
  };
  const kill = async () => void (await child.end("SIGKILL"));
  return {
    url,
    get child() {
      return child;
    },
    kill,
    start,
    killAndRestart: async () => {
      await kill();
      await start();
    },
  };
}
