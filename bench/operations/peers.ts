import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { installPeers } from "../install-peers.ts";
import lock from "./peers/package-lock.json" with { type: "json" };

// The packages are not there when the types are checked: only what the bench uses of them is declared.

export interface OpenWorkflowBackend {
  createWorkflowRun(run: object): Promise<{ id: string }>;
  claimWorkflowRun(claim: { workerId: string; leaseDurationMs: number }): Promise<{ id: string } | null>;
  completeWorkflowRun(done: { workflowRunId: string; workerId: string; output: unknown }): Promise<unknown>;
  stop(): Promise<void>;
}

export interface OpenWorkflowWorker {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Not among its published types. */
  claimAndProcessWorkflowRunInBackground(workerId: string): Promise<unknown>;
}

interface OpenWorkflowSteps {
  run(
    config: { name: string; retryPolicy?: { maximumAttempts: number } },
    work: () => Promise<unknown>,
  ): Promise<unknown>;
}

export interface OpenWorkflow {
  backend(url: string, options?: { namespaceId: string }): Promise<OpenWorkflowBackend>;
  OpenWorkflow: new (options: { backend: OpenWorkflowBackend }) => {
    defineWorkflow<Input>(
      spec: { name: string },
      work: (context: { input: Input; step: OpenWorkflowSteps }) => Promise<unknown>,
    ): { run(input: Input): Promise<{ workflowRun: { id: string }; result(): Promise<unknown> }> };
    newWorker(options?: { concurrency: number }): OpenWorkflowWorker;
  };
}

export interface Dbos {
  DBOS: {
    setConfig(config: object): void;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
    migrate(url: string): Promise<void>;
    registerWorkflow<Given extends unknown[]>(
      work: (...given: Given) => Promise<unknown>,
      config: { name: string },
    ): (...given: Given) => Promise<unknown>;
    runStep(work: () => Promise<unknown>, config: { name: string }): Promise<unknown>;
    startWorkflow<Given extends unknown[]>(
      work: (...given: Given) => Promise<unknown>,
      options: { workflowID: string },
    ): (...given: Given) => Promise<unknown>;
  };
}

const folder = "bench/operations/peers";
const require = createRequire(resolve(folder, "package.json"));
const load = async (name: string) => (await import(pathToFileURL(require.resolve(name)).href)) as unknown;

/** The names of the engines with their versions. */
const named = (name: string, of: keyof typeof lock.packages) => `${name} ${lock.packages[of].version ?? ""}`;
export const openWorkflowName = named("openworkflow", "node_modules/openworkflow");
export const dbosName = named("DBOS", "node_modules/@dbos-inc/dbos-sdk");

/** Returns whether the engines of other projects can be measured. */
export const hasPeers = (): boolean => installPeers(folder, "openworkflow/package.json") !== undefined;

export async function loadOpenWorkflow(): Promise<OpenWorkflow> {
  const library = (await load("openworkflow")) as Pick<OpenWorkflow, "OpenWorkflow">;
  const { BackendPostgres } = (await load("openworkflow/postgres")) as {
    BackendPostgres: { connect: OpenWorkflow["backend"] };
  };
  return {
    OpenWorkflow: library.OpenWorkflow,
    // With as many connections as operations in flight: it would open ten.
    backend: (url, options) => BackendPostgres.connect(`${url}?max=16`, options),
  };
}

export const loadDbos = async (): Promise<Dbos> => (await load("@dbos-inc/dbos-sdk")) as Dbos;
