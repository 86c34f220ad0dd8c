import { type AddressInfo, createServer } from "node:net";
import { runToEnd, runUntilReady, type Running } from "../processes.ts";
import { bundlePrograms } from "../bundle-programs.ts";
import { pin } from "./cores.ts";
import { hiveGateway } from "./peers.ts";

export const apollo = "@apollo/gateway";
export const oursOverHttp = "ours, over HTTP";
export const oursInProcess = "ours, in process";
export const oursAsLibrary = "ours, as a library";
export const byHand = "by hand";
export const hive = "@graphql-hive/gateway";
export const hiveRouter = `${hive} with router-runtime`;
const oneServer = "graphql-jit, one server";

export interface Contender {
  name: string;
  running: Running;
}

export const outdir = "dist/bench";

/**
 * Starts the contenders, one process each, all on the same core.
 * @param subgraphs the URL of the process that answers for the subgraphs
 * @param supergraph the file of their supergraph
 * @param stops receives the functions that stop the contenders
 */
export async function startContenders(
  subgraphs: string,
  supergraph: string,
  stops: (() => Promise<unknown>)[],
): Promise<Contender[]> {
  await bundle(["apollo", "ours-in-process", "ours-as-library", "by-hand", "one-server"]);
  const contenders: Contender[] = [];
  const start = async (name: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> => {
    const running = await runUntilReady(args, { NODE_ENV: "production", ...env });
    stops.push(running.stop);
    pin(running.pid, "measured");
    contenders.push({ name, running });
  };
  await start(byHand, [`${outdir}/by-hand.js`, new URL(subgraphs).origin]);
  await start(apollo, [`${outdir}/apollo.js`, supergraph]);
  await start(oursOverHttp, ["dist/cli/run.js", "gateway", "--supergraph", supergraph, "--open", "--port", "0"]);
  await start(oursInProcess, [`${outdir}/ours-in-process.js`, supergraph]);
  await start(oursAsLibrary, [`${outdir}/ours-as-library.js`, supergraph]);
  await start(oneServer, [`${outdir}/one-server.js`]);
  const bin = hiveGateway();
  if (bin) {
    await start(hive, await hiveArguments(bin, supergraph), hiveEnvironment);
    await start(hiveRouter, [...(await hiveArguments(bin, supergraph)), "--hive-router-runtime"], hiveEnvironment);
  }
  return contenders;
}

/** Without its log, the gateway would not report that it is ready. */
export const hiveEnvironment = { LOG_LEVEL: "info", NO_COLOR: "1" };

/** For port 0, the gateway does not report which port it took. */
export const hiveArguments = async (bin: string, supergraph: string): Promise<string[]> => [
  bin,
  "supergraph",
  supergraph,
  "--host",
  "127.0.0.1",
  "--port",
  String(await freePort()),
];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Bundles the contenders as they would be shipped. Programs that run from TypeScript name each function that they make, which takes time. */
export async function bundle(names: readonly string[]): Promise<void> {
  await runToEnd(["--import", "tsx", "scripts/build.ts"]);
  await bundlePrograms(
    names.map((name) => `bench/gateway/contenders/${name}.ts`),
    outdir,
  );
}
