import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { connectSimulatedHypervisor, type SimulatedHypervisorClient } from "#hypervisors/simulated/client.ts";
import { readConnection } from "#hypervisors/simulated/connection-file.ts";
import type { ClientLimits } from "#hypervisors/simulated/sender.ts";
import type { Settings, SettingsInput } from "#hypervisors/simulated/settings.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

interface SimulatedProcessOptions {
  limits?: Partial<ClientLimits>;
  /** A new one when it is left out. */
  folder?: string;
  /** The size of a journal, in bytes, at which a snapshot takes its place. */
  compactAt?: number;
}

/** A simulated hypervisor as a process, with a folder of its own. */
export class SimulatedProcess {
  readonly folder: string;
  readonly client: SimulatedHypervisorClient;
  readonly #compactAt: number;
  #child: ChildProcess | undefined;

  private constructor({ limits = {}, folder, compactAt = 16 * 2 ** 20 }: SimulatedProcessOptions) {
    this.folder = folder ?? temporaryDataDir("novacron-hypervisor-");
    this.#compactAt = compactAt;
    this.client = connectSimulatedHypervisor({ folder: this.folder }, limits);
  }

  static async start(options: SimulatedProcessOptions = {}): Promise<SimulatedProcess> {
    const started = new SimulatedProcess(options);
    await started.run();
    return started;
  }

  /** Starts a process, and resolves to what it prints when it is ready. @throws Error with its exit code when it does not start */
  async run(): Promise<string> {
    const child = spawn(
      process.execPath,
      [bundle("hypervisors/simulated/main.ts"), this.folder, "none", String(this.#compactAt)],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const first = await Promise.race([once(createInterface(child.stdout), "line"), once(child, "exit")]);
    if (typeof first[0] !== "string") throw new Error(`${String(first[0])}: ${errors}`);
    this.#child = child;
    return first[0];
  }

  /** Sends the signal, and resolves to the exit code, or to the signal that ended the process. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    child.kill(signal);
    const [code, by] = await exited;
    return code ?? by;
  }

  /** Resolves when the process has ended. */
  async ended(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  async restart(): Promise<void> {
    await this.end("SIGKILL");
    await this.run();
  }

  /** Sends a request of the simulation itself, such as `GET /settings`. */
  async request(method: string, path: string, body?: unknown, token = readConnection(this.folder)?.token) {
    const response = await fetch(new URL(path, readConnection(this.folder)?.url), {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as { result?: unknown; error?: { code: string } } };
  }

  async configure(settings: SettingsInput): Promise<Settings> {
    const { status, body } = await this.request("PUT", "/settings", settings);
    if (status !== 200) throw new Error(`The settings were refused: ${JSON.stringify(body)}`);
    return body.result as Settings;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.end("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
