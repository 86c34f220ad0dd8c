import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { type Child, startChild } from "#tests/separate-processes/child.ts";
import { bundle } from "#tests/harness/bundles.ts";

export interface GatewayProcess {
  /** The process that runs now. */
  child: Child;
  url: string;
  /** Starts the process again with the same arguments, on the same port; the previous one must have ended. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a process `novacron gateway --open` over one subgraph, which `answer` serves from this process.
 * @param nodeOptions for V8, as in NODE_OPTIONS
 */
export async function startGatewayProcess(
  sdl: string,
  answer: RequestListener,
  nodeOptions = "",
): Promise<GatewayProcess> {
  const subgraph = createServer(answer);
  await new Promise<void>((resolve) => subgraph.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
  const folder = mkdtempSync(join(tmpdir(), "novacron-gateway-"));
  const file = join(folder, "supergraph.graphql");
  writeFileSync(file, composeServices([{ name: "words", typeDefs: parse(sdl), url }]).supergraphSdl ?? "");
  const start = (port: string) =>
    startChild(bundle("cli/run.ts"), { LOG_LEVEL: "silent", NODE_OPTIONS: nodeOptions }, [
      "gateway",
      ...["--supergraph", file, "--port", port, "--open"],
    ]);
  const child = await start("0");
  const gateway: GatewayProcess = {
    child,
    url: child.url,
    restart: async () => {
      gateway.child = await start(new URL(gateway.url).port);
    },
    stop: async () => {
      await gateway.child.end("SIGKILL");
      subgraph.close();
      subgraph.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return gateway;
}
