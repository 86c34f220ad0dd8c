import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import type { Figure } from "../report.ts";
import { measureClaims } from "./claims.ts";
import { createOrders, type OrderInput } from "./order.ts";
import type { OrderProcess } from "./order-process.ts";
import { dbosName, hasPeers, loadDbos, loadOpenWorkflow, openWorkflowName } from "./peers.ts";
import { type BenchServer, onServer } from "./server.ts";

/** Checks what docs/decisions/durable-operations.md rests on: a failure before `kill -9`, the take-over by another process, and claims with a backlog. */
export const run = ({ quick }: { quick: boolean }): Promise<Figure[]> =>
  onServer(async (server) => {
    const engines = await enginesOf(server);
    try {
      const failures = await Promise.all(engines.map(failureBeforeCrash));
      const takeOvers = await Promise.all(engines.map((engine) => takeOver(engine, quick ? 35_000 : 60_000)));
      return [...failures, ...takeOvers, ...(await measureClaims(server, engines.length > 1))];
    } finally {
      for (const { sql } of engines) await sql.end();
    }
  });

/** How long a process has for its start, and for an order until it dies of it. */
const longestMs = 60_000;

interface Engine extends Pick<OrderProcess, "engine" | "url"> {
  name: string;
  sql: postgres.Sql;
  /** The query for the state of an order that has ended. */
  ended: string;
}

async function enginesOf({ urls }: BenchServer): Promise<Engine[]> {
  const engine = async (key: OrderProcess["engine"], name: string, ended: string): Promise<Engine> => {
    const sql = postgres(urls[key], { max: 2, onnotice: () => undefined });
    await createOrders(sql);
    return { engine: key, name, url: urls[key], sql, ended };
  };
  const engines = [
    await engine("ours", "ours", "select state from operations where input->>'order' = $1 and ended_at is not null"),
  ];
  if (!hasPeers()) return engines;
  // Their tables exist before several processes start at once.
  const { backend } = await loadOpenWorkflow();
  await (await backend(urls.openworkflow)).stop();
  await (await loadDbos()).DBOS.migrate(urls.dbos);
  return [
    ...engines,
    await engine(
      "openworkflow",
      openWorkflowName,
      "select status as state from openworkflow.workflow_runs where input->>'order' = $1 and finished_at is not null",
    ),
    await engine(
      "dbos",
      dbosName,
      "select status as state from dbos.workflow_status where workflow_uuid = $1 and status in ('SUCCESS', 'ERROR')",
    ),
  ];
}

/** A shipment fails, and the process dies while it refunds the order. Counts the shipments of the order after the start of another process of that name. */
async function failureBeforeCrash(engine: Engine): Promise<Figure> {
  const order = { order: randomUUID(), fails: true, diesIn: "refund" } as const;
  const first = await startProcess(engine, "one");
  await begin(first, order).finally(() => kill(first));
  const second = await startProcess(engine, "one");
  try {
    const state = await found<{ state: string }>(90_000, engine.sql, engine.ended, order.order);
    const log = await engine.sql<{ what: string }[]>`
      select what from order_log where order_id = ${order.order} order by at`;
    const happened = log.map(({ what }) => what).join(", ");
    return {
      name: `${engine.name}: shipments of an order that was refunded before kill -9 (${happened}; ${state?.state ?? "not ended"})`,
      value: log.filter(({ what }) => what === "shipped").length,
      unit: "",
      ...aimOf(engine, "none"),
    };
  } finally {
    await kill(second);
  }
}

/** The process that ships an order dies. Measures until the other one has shipped it. */
async function takeOver(engine: Engine, withinMs: number): Promise<Figure> {
  const order = { order: randomUUID(), fails: false, diesIn: "ship" } as const;
  const processes = await Promise.all(["one", "two"].map((executor) => startProcess(engine, executor)));
  const [first] = processes;
  try {
    if (first) first.stdin?.write(`${JSON.stringify(order)}\n`);
    await found(longestMs, engine.sql, "select order_id from order_deaths where order_id = $1", order.order);
    const shipped = await found<{ seconds: number }>(
      withinMs,
      engine.sql,
      `select extract(epoch from shipped.at - death.at)::float8 as seconds from order_log shipped
        join order_deaths death using (order_id) where order_id = $1 and what = 'shipped'`,
      order.order,
    );
    const name = `${engine.name}: another process continues after kill -9`;
    return {
      name: shipped ? name : `${name}: not within`,
      value: shipped?.seconds ?? withinMs / 1_000,
      unit: "s",
      ...aimOf(engine, "the lease (10 s) and a second"),
    };
  } finally {
    await Promise.all(processes.map(kill));
  }
}

const aimOf = ({ engine }: Engine, aim: string) => (engine === "ours" ? { aim } : {});

async function startProcess({ engine, url }: Engine, executor: string): Promise<ChildProcess> {
  const argument = JSON.stringify({ engine, url, executor } satisfies OrderProcess);
  const child = spawn(process.execPath, ["--import", "tsx", "bench/operations/order-process.ts", argument], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, LOG_LEVEL: "error" },
  });
  const signal = AbortSignal.timeout(longestMs);
  const ended = once(child, "exit", { signal }).then(() => {
    throw new Error(`A process of ${engine} ended before it was ready.`);
  });
  if (child.stdout) await Promise.race([once(child.stdout, "data", { signal }), ended]);
  ended.catch(() => undefined);
  return child;
}

/** Starts an order, and waits until its process has died of it. */
async function begin(child: ChildProcess, order: OrderInput): Promise<void> {
  const died = once(child, "exit", { signal: AbortSignal.timeout(longestMs) });
  child.stdin?.write(`${JSON.stringify(order)}\n`);
  await died;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const died = once(child, "exit");
  child.kill("SIGKILL");
  await died;
}

/** Returns the row that a query finds about an order; undefined when there is none in time. */
async function found<Row>(withinMs: number, sql: postgres.Sql, query: string, order: string): Promise<Row | undefined> {
  const endsAt = performance.now() + withinMs;
  while (performance.now() < endsAt) {
    const [row] = await sql.unsafe(query, [order]);
    if (row) return row as Row;
    await delay(100);
  }
  return undefined;
}
