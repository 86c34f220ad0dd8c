import { Worker } from "node:worker_threads";
import type { QueryPlan } from "@apollo/query-planner";
import { print } from "graphql";
import { asset } from "#lib/assets.ts";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { documentOf, type Operation } from "../operation.ts";
import type { Planner } from "./planner.ts";

export interface ToPlan {
  id: number;
  document: string;
}

/** With how long the planner took, in milliseconds. */
export type Planned = { id: number; ms: number } & ({ plan: QueryPlan } | { failure: string });

interface Waiting extends ToPlan {
  resolve(plan: QueryPlan): void;
  reject(reason: Error): void;
}

const ownEntry = import.meta.url.endsWith(".ts")
  ? new URL("./plan-worker-from-source.js", import.meta.url)
  : asset("gateway/planning/plan-worker.js");

/** The number of operations that may wait for their plans, which is some seconds of planning. It includes those whose callers no longer wait. */
const longestQueue = 512;

/**
 * Plans in a separate thread, one operation after the other. When an operation exceeds its time, the thread is terminated, and the operations behind it
 * continue in a new one: there is no other way to stop a planner.
 */
export class PlannerThread implements Planner {
  readonly #supergraphSdl: string;
  readonly #planMs: number;
  readonly #entry: string | URL;
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #timer: NodeJS.Timeout | undefined;
  #lastId = 0;
  #whenDone: (() => void) | undefined;

  /**
   * @param planMs the time that one plan may take
   * @param entry the program of the thread
   */
  constructor(supergraphSdl: string, planMs: number, entry: string | URL = ownEntry) {
    this.#supergraphSdl = supergraphSdl;
    this.#planMs = planMs;
    this.#entry = entry;
    // Started now, so that the first operation need not wait for it.
    this.#worker = this.#start();
  }

  plan(operation: Operation): Promise<QueryPlan> {
    if (this.#queue.length >= longestQueue)
      return Promise.reject(new PublicError("OVERLOADED", "Too many operations wait to be planned; try again later."));
    return new Promise((resolve, reject) => {
      this.#queue.push({ id: (this.#lastId += 1), document: print(documentOf(operation)), resolve, reject });
      if (this.#queue.length === 1) this.#next();
    });
  }

  /** Stops the thread after the waiting operations are planned. */
  async stop(): Promise<void> {
    if (this.#queue.length > 0) await new Promise<void>((resolve) => (this.#whenDone = resolve));
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    this.#isReady = false;
    const worker = new Worker(this.#entry, { workerData: { supergraphSdl: this.#supergraphSdl } });
    worker.unref();
    worker.on("message", (message: "ready" | Planned) => {
      if (worker !== this.#worker) return;
      if (message === "ready") this.#isReady = true;
      else this.#done(message);
      this.#next();
    });
    worker.on("error", (error) => {
      if (worker !== this.#worker) return;
      log.gateway.error({ err: error }, "the planner failed");
      this.#giveUp(error);
    });
    return worker;
  }

  #next(): void {
    const [first] = this.#queue;
    if (!first) return;
    this.#worker ??= this.#start();
    if (!this.#isReady || this.#timer) return;
    this.#timer = setTimeout(() => this.#giveUp(this.#limitExceeded()), this.#planMs);
    this.#worker.postMessage({ id: first.id, document: first.document } satisfies ToPlan);
  }

  #done(planned: Planned): void {
    const [first] = this.#queue;
    if (first?.id !== planned.id) return;
    this.#forgetFirst();
    // The plan of a busy process can arrive before its timer has fired.
    if (planned.ms > this.#planMs) first.reject(this.#limitExceeded());
    else if ("plan" in planned) first.resolve(planned.plan);
    else first.reject(new Error(planned.failure));
  }

  #limitExceeded(): PublicError {
    const message = `Planning this takes longer than ${this.#planMs} ms.`;
    return new PublicError("PLAN_LIMIT_EXCEEDED", message, { limit: this.#planMs });
  }

  #forgetFirst(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.shift();
    if (this.#queue.length === 0) this.#whenDone?.();
  }

  /** Terminates the thread and fails its current operation; a new thread starts for the waiting ones. */
  #giveUp(reason: Error): void {
    const [first] = this.#queue;
    this.#forgetFirst();
    void this.#worker?.terminate();
    this.#worker = undefined;
    first?.reject(reason);
    this.#next();
  }
}
