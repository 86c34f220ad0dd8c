import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { listen } from "#lib/process/listen.ts";
import { log } from "#lib/observability/log.ts";
import { failProcess } from "#lib/process/run-process.ts";
import { ownIdentity, type ProcessIdentity } from "#lib/process/process-identity.ts";
import { connectionFile, readConnection, writeConnection } from "./connection-file.ts";
import { SimulatedHypervisor } from "./hypervisor.ts";
import { simulatedHypervisorServer } from "./server.ts";
import { noSettings, realisticGuestStopMs, realisticLatencies } from "./settings.ts";
import { Store } from "./store.ts";

/** How long responses in progress may take to be sent when the process is stopped. */
const closingMs = 8_000;
/** How often the process checks whether its data still exist. */
const checkMs = 2_000;

export interface ServeOptions {
  /** The folder of the store and of `connection.json`. */
  folder: string;
  host: string;
  port: number;
  /** A random one when it is left out. */
  token?: string | undefined;
  /** Replaces the latencies of the store's settings. */
  latency?: "none" | "realistic" | undefined;
  /** The size of a journal, in bytes, at which a snapshot takes its place. */
  compactAt?: number | undefined;
  /** The process that stops this one. */
  startedBy?: ProcessIdentity | undefined;
}

/**
 * Serves the machines of a folder's store until it is stopped. It ends by itself only when its store can no longer be written, with exit code 1, or when its
 * folder was removed.
 * @throws StoreError
 */
export async function serveSimulatedHypervisor({
  folder,
  host,
  port,
  token,
  latency,
  compactAt,
  startedBy,
}: ServeOptions): Promise<{
  url: string;
  stop(): Promise<void>;
}> {
  const store = await Store.open(folder, compactAt === undefined ? {} : { compactAt });
  const hypervisor = new SimulatedHypervisor(store);
  if (latency === "none") await hypervisor.configure({ ...hypervisor.settings, ...withoutLatency });
  if (latency === "realistic") await hypervisor.configure({ ...hypervisor.settings, ...realistic });
  const secret = token ?? randomBytes(32).toString("base64url");
  const onFailure = (error: unknown): never => {
    log.hypervisors.error({ err: error }, "the store cannot be written; the process ends");
    return failProcess(error);
  };
  const { server, close } = simulatedHypervisorServer({ hypervisor, token: secret, onFailure });
  await listen(server, { host, port, setting: "--port" });
  const bound = (server.address() as AddressInfo).port;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  writeConnection(store.folder, { url, token: secret, process: ownIdentity(), startedBy });
  const check = setInterval(() => {
    if (existsSync(store.journalPath)) return;
    log.hypervisors.warn({ folder: store.folder }, "the folder was removed; the process ends");
    process.exit(0);
  }, checkMs);
  return {
    url,
    stop: async () => {
      clearInterval(check);
      await close(closingMs);
      await store.close();
      if (readConnection(store.folder)?.token === secret) rmSync(connectionFile(store.folder), { force: true });
    },
  };
}

const withoutLatency = { latencies: noSettings.latencies, guestStopMs: noSettings.guestStopMs };
const realistic = { latencies: realisticLatencies, guestStopMs: realisticGuestStopMs };
