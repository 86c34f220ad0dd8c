import { onTestFinished } from "vitest";
import postgres from "postgres";
import { type Database, openDatabase, type WriteTx } from "#db/client.ts";
import { startOperation, type NewOperation } from "#db/operations/requests.ts";
import { operationStore } from "#db/operations/store.ts";
import { type Json, type OperationDefinition, OperationDefinitions, type Step } from "#lib/operations/definition.ts";
import type { OperationState } from "#lib/operations/record.ts";
import type { OperationStore } from "#lib/operations/store.ts";
import { startWorker, type WorkerOptions } from "#lib/operations/worker.ts";
import { newId } from "#lib/uuid.ts";
import { until } from "#tests/events/until.ts";
import type { Domain } from "#db/columns.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { createCallee, limits } from "./drill.ts";

export const scope = { tenantId: newId(), actor: "user:ada" };

export interface Fixture {
  urls: TestDatabases;
  /** The tenant and the actor of its operations. */
  scope: { tenantId: string; actor: string };
  /** The URL of the vms database. */
  url: string;
  owner: postgres.Sql;
  service: Database;
  system: Database;
  store: OperationStore<WriteTx>;
  /** Starts an operation in a transaction of its own, and returns its id. */
  start<Input extends Json>(
    definition: OperationDefinition<WriteTx, Input>,
    asked: NewOperation<Input>,
  ): Promise<string>;
  work(
    definitions: readonly OperationDefinition<WriteTx>[],
    options?: Partial<WorkerOptions<WriteTx>>,
  ): () => Promise<void>;
  /** Resolves when the operation has one of the states. */
  reached(id: string, ...states: OperationState[]): Promise<StoredOperation>;
}

export interface StoredOperation {
  state: OperationState;
  error: { code: string; step?: string } | null;
  left: { step: string; result: Json }[] | null;
  steps: { name: string; state: string; attempts: number; undoAttempts: number; result: Json }[];
}

/**
 * Clones databases, and removes them after the test. That of the vms domain has the operations, and the tables of the tests' callee.
 * @param tenantId the tenant of the operations
 */
export async function operationsFixture({
  of = ["vms"],
  tenantId = scope.tenantId,
}: { of?: readonly Domain[]; tenantId?: string } = {}): Promise<Fixture> {
  const urls = await cloneDatabases(of);
  const own = { ...scope, tenantId };
  const url = urls.url("vms");
  const owner = postgres(url, { max: 3, onnotice: () => undefined });
  await createCallee(owner);
  const service = await openDatabase({ domain: "vms", url });
  const system = await openDatabase({ domain: "vms", url, as: "system" });
  const store = operationStore({ service, system, url });
  const stops = new Set<() => Promise<void>>();
  onTestFinished(async () => {
    await Promise.all([...stops].map((stop) => stop()));
    await Promise.all([service.close(), system.close(), owner.end()]);
    await urls.drop();
  });
  const read = async (id: string): Promise<StoredOperation | undefined> =>
    (
      await owner<StoredOperation[]>`
        select state, error, left_behind as left, (select coalesce(json_agg(json_build_object('name', name, 'state', step.state, 'attempts', attempts,
          'undoAttempts', undo_attempts, 'result', result) order by position), '[]') from operation_steps step where operation_id = operations.id) as steps
        from operations where id = ${id}`
    )[0];
  return {
    urls,
    scope: own,
    url,
    owner,
    service,
    system,
    store,
    start: (definition, asked) => service.write(own, async (tx) => (await startOperation(tx, definition, asked)).id),
    work: (definitions, options = {}) => {
      const worker = startWorker({
        store,
        definitions: new OperationDefinitions(definitions),
        pollMs: 200,
        ...options,
      });
      const stop = () => worker.stop();
      stops.add(stop);
      return async () => {
        stops.delete(stop);
        await stop();
      };
    },
    reached: async (id, ...states) => {
      let found: StoredOperation | undefined;
      await until(`operation ${id} is ${states.join(" or ")}`, async () => {
        found = await read(id);
        return found !== undefined && states.includes(found.state);
      });
      return found as StoredOperation;
    },
  };
}

/** A definition of one kind for one test. */
export const definitionOf = (
  steps: OperationDefinition<WriteTx>["steps"],
  { kind = "test", version = 1 } = {},
): OperationDefinition<WriteTx> => ({ kind, version, steps });

/** Returns an effect that has nothing to undo but is undone. */
export const effect = (
  name: string,
  run: Extract<Step<WriteTx>, { type: "effect" }>["run"],
  more: object = {},
): Step<WriteTx> => ({
  type: "effect",
  name,
  ...limits,
  run,
  undo: async () => undefined,
  ...more,
});
